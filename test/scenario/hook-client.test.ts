import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CLIENT_SCRIPT } from "../../src/surface/hook/client-script.js";

const TOKEN = "a".repeat(64);
const ANSWER = "b".repeat(64);
const BODY = '{"hookSpecificOutput":{"x":"é"}}';

let folder: string;
let server: Server;
let heard = "";
const sockets = new Set<Socket>();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "worknode-client-"));
  writeFileSync(join(folder, "client.sh"), CLIENT_SCRIPT, { mode: 0o700 });
  heard = "";
  await serve(good(BODY));
});
afterEach(() => {
  stopServer();
  rmSync(folder, { recursive: true, force: true });
});

function good(body: string, length = Buffer.byteLength(body), answer = ANSWER): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\nx-worknode-answer: ${answer}\r\n\r\n${body}`;
}

/** Serves one reply to whoever asks; undefined never answers. */
async function serve(reply: string | Buffer | undefined): Promise<void> {
  server?.close();
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
      if (reply !== undefined && heard.includes('"event"')) socket.end(reply);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  state({ port: (server.address() as AddressInfo).port, token: TOKEN, answer: ANSWER });
}

function stopServer(): void {
  server.close();
  for (const socket of sockets) socket.destroy();
}

function state(value: object): void {
  writeFileSync(join(folder, "address.json"), JSON.stringify(value));
}

function ask(
  input = '{"event":1}',
  options: { kill?: true; path?: string } = {},
): Promise<{ code: number | null; out: string }> {
  const env = { PATH: options.path ?? process.env["PATH"] ?? "" };
  const child = spawn("/bin/sh", [join(folder, "client.sh"), join(folder, "address.json")], {
    env,
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  if (options.kill === true) server.once("connection", () => process.kill(-(child.pid ?? 0), "SIGKILL"));
  return new Promise((done) => child.once("close", (code) => done({ code, out })));
}

it("passes the event on and prints the answer, starting no Node", async () => {
  expect(await ask()).toEqual({ code: 0, out: BODY });
  expect(heard).toContain(`Authorization: Bearer ${TOKEN}`);
  expect(heard).toContain('{"event":1}');
  expect(CLIENT_SCRIPT).not.toMatch(/\bnode\s/);
});

it.each([
  ["garbage", "nonsense"],
  ["an empty answer", ""],
  ["headers alone", "HTTP/1.1 200 OK\r\n"],
  ["an answer cut short", good(BODY, BODY.length + 40)],
  ["an answer longer than it says", good(BODY, 5)],
  ["a body that is no object", good("true")],
  ["a refusal", good(BODY).replace("200 OK", "401 Unauthorized")],
  ["an answer by somebody else", good(BODY, undefined, "c".repeat(64))],
  ["an answer without proof", good(BODY).replace(/x-worknode.*\r\n/, "")],
  ["another protocol's bytes", Buffer.from([0, 255, 1, 2])],
])("blocks on %s", async (_, reply) => {
  await serve(reply);
  expect(await ask()).toEqual({ code: 2, out: "" });
});

it("blocks where nobody listens, the address is missing or damaged, or the event is empty", async () => {
  expect((await ask("")).code).toBe(2);
  stopServer();
  expect((await ask()).code).toBe(2);
  state({ port: 1 });
  expect((await ask()).code).toBe(2);
  rmSync(join(folder, "address.json"));
  expect((await ask()).code).toBe(2);
});

it("blocks where there is no perl, and never lets through when it is killed", async () => {
  expect((await ask(undefined, { path: folder })).code).toBe(2);
  await serve(undefined);
  expect((await ask(undefined, { kill: true })).code).not.toBe(0);
});

it("blocks when the answer does not come in time", async () => {
  writeFileSync(join(folder, "client.sh"), CLIENT_SCRIPT.replace("alarm(570)", "alarm(1)"), { mode: 0o700 });
  await serve(undefined);
  expect(await ask()).toEqual({ code: 2, out: "" });
});
