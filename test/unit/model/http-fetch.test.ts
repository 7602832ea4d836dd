import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { httpFetch } from "../../../src/model/http-fetch.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

it("sends a body whole with its length in bytes, and gives status, headers and text back", async () => {
  const seen: unknown[] = [];
  const url = await serve((req, res) => {
    let body = "";
    req.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    req.on("end", () => {
      seen.push(req.method, req.headers["content-length"], req.headers["x-one"], req.headers["accept-encoding"], body);
      res.writeHead(418, { "retry-after": "3" }).end('{"tea":"ö"}');
    });
  });
  const answer = await httpFetch(url, { method: "POST", headers: { "x-one": "1" }, body: "ä" });
  expect(seen).toEqual(["POST", "2", "1", undefined, "ä"]);
  expect([answer.status, answer.ok, answer.headers.get("retry-after"), answer.url]).toEqual([418, false, "3", url]);
  expect(await answer.json()).toEqual({ tea: "ö" });
});

it("follows no redirect: the key goes nowhere else", async () => {
  let elsewhere = 0;
  const other = await serve((_req, res) => {
    elsewhere += 1;
    res.end();
  });
  const url = await serve((_req, res) => void res.writeHead(307, { location: other }).end("moved"));
  const answer = await httpFetch(url, { method: "POST", headers: { authorization: "Bearer k" }, body: "{}" });
  expect([answer.status, await answer.text(), elsewhere]).toEqual([307, "moved", 0]);
});

it("uses a connection again once a body was read to its end", async () => {
  const ports = new Set<number | undefined>();
  const url = await serve((req, res) => {
    ports.add(req.socket.remotePort);
    res.end("x");
  });
  for (let count = 0; count < 3; count += 1) await (await httpFetch(url)).text();
  expect(ports.size).toBe(1);
});

it("rejects when nobody listens, when it is aborted, and when it is given what is no text", async () => {
  const gone = await serve(() => undefined);
  await closers.pop()?.();
  await expect(httpFetch(gone)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  const silent = await serve(() => undefined);
  const stop = new AbortController();
  const waiting = httpFetch(silent, { signal: stop.signal });
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  await expect(httpFetch(silent, { method: "POST", body: new Uint8Array(1) })).rejects.toThrow("only text");
});
