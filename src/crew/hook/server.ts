import { isUtf8 } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Fault, messageOf } from "../../kernel/fault.js";
import { systemRandom } from "../../kernel/ids.js";
import type { HookService } from "./service.js";

/** Longest event a client may send (bytes): a file of the largest size, escaped. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;
/** Bytes of the words by which client and server know each other. */
const SECRET_BYTES = 32;
/** Longest time a client may take to send its event. */
const RECEIVE_MS = 30_000;

/** Where the server listens and how both sides prove who they are. */
export interface HookAddress {
  readonly port: number;
  /** What a client must send: `authorization: Bearer <token>`. */
  readonly token: string;
  /** What a true answer carries: `x-worknode-answer: <answer>`. Nobody who merely took the port knows it. */
  readonly answer: string;
}

/** A server that answers hooks until it is closed. */
export interface HookServer {
  readonly address: HookAddress;
  close(): Promise<void>;
}

/** Words nobody can guess. */
export function makeSecrets(): Pick<HookAddress, "token" | "answer"> {
  return { token: systemRandom.hex(SECRET_BYTES), answer: systemRandom.hex(SECRET_BYTES) };
}

/**
 * Serves hooks on loopback: `POST /hook` and `POST /run`, JSON only, for those who know the token and come from no web
 * page. `port` 0 takes a free one. Throws Fault HOOK_PORT (exit 2) where it cannot listen.
 */
export async function serveHooks(service: HookService, wanted: HookAddress): Promise<HookServer> {
  const server = createServer({ requestTimeout: RECEIVE_MS, headersTimeout: RECEIVE_MS });
  await listen(server, wanted.port);
  const address = { ...wanted, port: (server.address() as AddressInfo).port };
  server.on("request", (request, response) => {
    serve(service, address, { request, response }).catch((thrown: unknown) => {
      respond(response, address, { status: 500, body: { error: messageOf(thrown) } });
    });
  });
  return {
    address,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", (cause) => {
      const message = `cannot listen on 127.0.0.1:${port} (${cause.message}). Another program may hold the port.`;
      fail(new Fault("HOOK_PORT", message, { exitCode: 2, cause }));
    });
    server.listen(port, "127.0.0.1", done);
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Reply {
  readonly status: number;
  readonly body: object;
}

async function serve(service: HookService, address: HookAddress, { request, response }: Exchange): Promise<void> {
  const problem = problemWith(request, address);
  if (problem !== undefined) return respond(response, address, problem);
  const input = await readJson(request);
  if (input === undefined) return respond(response, address, { status: 400, body: { error: "the event is not JSON" } });
  if (request.url === "/hook") return respond(response, address, { status: 200, body: await service.answer(input) });
  const gone = new AbortController();
  response.once("close", () => gone.abort(new DOMException("the client left", "AbortError")));
  const id = (input as { tool_use_id?: unknown }).tool_use_id;
  const body = await service.run(typeof id === "string" ? id : "", gone.signal);
  respond(response, address, { status: 200, body });
}

/** Who may not ask: a web page (it sends an origin, or another host's name), and whoever does not know the token. */
function problemWith({ headers, url, method }: IncomingMessage, { port, token }: HookAddress): Reply | undefined {
  const local = headers.host === `127.0.0.1:${port}` && headers.origin === undefined;
  if (!local) return { status: 403, body: { error: "only programs of this machine may ask" } };
  if (!isSame(headers.authorization, `Bearer ${token}`)) return { status: 401, body: { error: "wrong token" } };
  if (method !== "POST" || !PATHS.has(String(url))) return { status: 404, body: { error: "there is nothing here" } };
  return isJson(headers["content-type"]) ? undefined : { status: 415, body: { error: "JSON only" } };
}

const PATHS: ReadonlySet<string> = new Set(["/hook", "/run"]);

function isJson(type = ""): boolean {
  return type.split(";")[0]?.trim() === "application/json";
}

function isSame(given = "", wanted = ""): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The body as a value; undefined where it is not JSON in UTF-8, cut short, or too long. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
  if (body === undefined || !isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined; // said to the client as what it is
  }
}

/** The bytes of a request; undefined where they end early or are too many. By events, as iterating costs a tenth of a decision. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((done) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_EVENT_BYTES) chunks.push(chunk);
      else done(undefined);
    });
    request.once("end", () => done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.once("close", () => done(undefined));
  });
}

function respond(response: ServerResponse, { answer }: HookAddress, { status, body }: Reply): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  const proof = status === 200 ? { "x-worknode-answer": answer } : {};
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...proof,
  });
  response.end(text);
}
