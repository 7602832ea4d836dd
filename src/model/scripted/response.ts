import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";

/** What the server calls itself: nobody shall take it for a model. */
export const SERVER_NAME = "worknode-scripted-model";

const ERROR_TYPES: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** An error reply about to be sent. */
export interface ErrorReply {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers every reply carries. */
export function standardHeaders(): Record<string, string> {
  return { server: SERVER_NAME, "request-id": `req_scripted_${randomBytes(8).toString("hex")}` };
}

/** Sends an error in the real API's envelope. */
export function sendError(res: ServerResponse, error: ErrorReply): void {
  const headers = standardHeaders();
  const type = ERROR_TYPES[error.status] ?? (error.status >= 500 ? "api_error" : "invalid_request_error");
  const body = JSON.stringify({
    type: "error",
    error: { type, message: error.message },
    request_id: headers["request-id"],
  });
  res.writeHead(error.status, { ...headers, ...error.headers, "content-type": "application/json" });
  res.end(body);
}
