import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type HookServer, makeSecrets, serveHooks } from "../../src/crew/hook/server.js";

let server: HookServer;
const asked: unknown[] = [];

beforeEach(async () => {
  asked.length = 0;
  const answer = (input: unknown): Promise<object> => Promise.resolve(asked.push(input) > 0 ? {} : {});
  const run = (): Promise<{ exit_code: number; stdout: string; stderr: string }> =>
    Promise.resolve({ exit_code: 0, stdout: "said", stderr: "" });
  server = await serveHooks({ answer, run }, { port: 0, ...makeSecrets() });
});
afterEach(() => server.close());

interface Said {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

function post(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
  method = "POST",
): Promise<Said> {
  const { port, token } = server.address;
  const sent = { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers };
  return new Promise((done, fail) => {
    const call = request({ host: "127.0.0.1", port, path, method, headers: sent }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    call.on("error", fail);
    call.end(body);
  });
}

it("answers who knows the token, and proves who it is", async () => {
  const said = await post("/hook", '{"a":1}');
  expect(said).toMatchObject({ status: 200, body: "{}" });
  expect(said.headers["x-worknode-answer"]).toBe(server.address.answer);
  expect(asked).toEqual([{ a: 1 }]);
  expect((await post("/run", '{"tool_use_id":"t"}')).body).toContain("said");
});

it.each([
  ["a wrong token", { authorization: "Bearer x" }, 401],
  ["a web page", { origin: "http://127.0.0.1" }, 403],
  ["another host's name", { host: "evil.example" }, 403],
  ["a form", { "content-type": "text/plain" }, 415],
])("refuses %s, and tells nobody its secret", async (_, headers, status) => {
  const said = await post("/hook", "{}", headers);
  expect(said.status).toBe(status);
  expect(said.headers["x-worknode-answer"]).toBeUndefined();
  expect(asked).toEqual([]);
});

it("refuses what is not JSON in UTF-8, and what it does not serve", async () => {
  for (const body of ["", "{", Buffer.from([0x22, 0xff, 0x22])]) expect((await post("/hook", body)).status).toBe(400);
  expect((await post("/other", "{}")).status).toBe(404);
  expect((await post("/hook", "", {}, "GET")).status).toBe(404);
  expect(asked).toEqual([]);
});

it("judges no event that is cut short, and none that is longer than a file can be", async () => {
  const { port, token } = server.address;
  const head = ["POST /hook HTTP/1.1", `Host: 127.0.0.1:${port}`, `Authorization: Bearer ${token}`];
  const cut = connect(port, "127.0.0.1");
  cut.end([...head, "Content-Type: application/json", "Content-Length: 9", "", '{"a":1}'].join("\r\n"));
  await new Promise((done) => cut.resume().once("close", done));
  const long = `"${"x".repeat(64 * 1024 * 1024)}"`;
  expect((await post("/hook", long)).status).toBe(400);
  expect(asked).toEqual([]);
});

it("makes other secrets each time", () => {
  expect(makeSecrets()).not.toEqual(makeSecrets());
  expect(makeSecrets().token).toMatch(/^[0-9a-f]{64}$/);
});
