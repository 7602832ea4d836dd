import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type Place, placeOf } from "./place.js";
import { requestFault } from "./request-rules.js";
import type { ErrorReply } from "./response.js";
import { isObject, type Raw } from "./rule.js";
import type { Script } from "./script.js";

/** Largest body the real API takes (bytes). */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const OUR_HEADERS = ["x-worknode-agent", "x-worknode-tier", "x-worknode-task", "x-worknode-execution"] as const;

const NO_PLACE: ErrorReply = {
  status: 400,
  message: "x-worknode-execution: expected <cycle>:<task>:<kind>:<n>:<index>",
};

/** A request the real API would answer. */
export interface Admitted {
  readonly ok: true;
  readonly place: Place;
  readonly body: Raw;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request the real API would refuse. */
export interface Refused {
  readonly ok: false;
  readonly place: Place | undefined;
  readonly error: ErrorReply;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a request must carry to be answered at all. */
export interface AdmissionOptions {
  readonly expectKey?: string;
  readonly requireHeaders?: boolean;
  readonly script?: Script;
}

/** Reads a request and judges it in the real API's order: address, key, version, body, fields. */
export async function admit(req: IncomingMessage, options: AdmissionOptions): Promise<Admitted | Refused> {
  const headers = ourHeaders(req.headers);
  const refuse = (error: ErrorReply, place?: Place): Refused => ({ ok: false, place, error, headers });
  const bytes = await readBody(req);
  const outside = addressFault(req) ?? sizeFault(bytes) ?? keyFault(req.headers, options.expectKey);
  if (outside !== undefined) return refuse(outside);
  const body = parseBody(bytes);
  if (body === undefined) return refuse({ status: 400, message: "The request body is not valid JSON" });
  const place = placeOf(placeHeader(req.headers, options), body);
  const fault = insideFault(req.headers, body, options);
  if (fault !== undefined) return refuse(fault, place);
  return place === undefined ? refuse(NO_PLACE) : { ok: true, place, body, headers };
}

function insideFault(headers: IncomingHttpHeaders, body: Raw, options: AdmissionOptions): ErrorReply | undefined {
  return headerFault(headers, options) ?? bodyFault(body, options.script?.models);
}

/** Other clients than worknode say nothing of a place; they share one conversation. */
function placeHeader(headers: IncomingHttpHeaders, options: AdmissionOptions): string {
  const header = headers["x-worknode-execution"];
  if (typeof header === "string") return header;
  return options.requireHeaders === false ? "0:-:tool:1:1" : "";
}

function sizeFault(bytes: Buffer | undefined): ErrorReply | undefined {
  return bytes === undefined ? { status: 413, message: "Request exceeds the maximum size" } : undefined;
}

function bodyFault(body: Raw, models: readonly string[] | undefined): ErrorReply | undefined {
  const message = requestFault(body);
  return message === undefined ? modelFault(body, models) : { status: 400, message };
}

function addressFault(req: IncomingMessage): ErrorReply | undefined {
  if ((req.url ?? "").split("?")[0] !== "/v1/messages") return { status: 404, message: "Not found" };
  return req.method === "POST" ? undefined : { status: 405, message: "Method Not Allowed" };
}

function keyFault(headers: IncomingHttpHeaders, expected: string | undefined): ErrorReply | undefined {
  const key = headers["x-api-key"] ?? headers.authorization?.replace(/^Bearer /i, "");
  if (key === undefined) return { status: 401, message: "x-api-key header is required" };
  const wrong = expected === undefined ? key === "invalid" : key !== expected;
  return wrong ? { status: 401, message: "invalid x-api-key" } : undefined;
}

function headerFault(headers: IncomingHttpHeaders, options: AdmissionOptions): ErrorReply | undefined {
  const missing = ["anthropic-version", ...(options.requireHeaders === false ? [] : OUR_HEADERS)].find(
    (name) => headers[name] === undefined,
  );
  return missing === undefined ? undefined : { status: 400, message: `${missing}: header is required` };
}

function modelFault(body: Raw, models: readonly string[] | undefined): ErrorReply | undefined {
  const model = String(body["model"]);
  return models === undefined || models.includes(model) ? undefined : { status: 404, message: `model: ${model}` };
}

function ourHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(OUR_HEADERS.map((name) => [name, String(headers[name] ?? "")]));
}

function parseBody(bytes: Buffer | undefined): Raw | undefined {
  try {
    const value: unknown = JSON.parse(bytes?.toString("utf8") ?? "");
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The whole body, or undefined when it is too large (the rest is read and dropped). */
async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}
