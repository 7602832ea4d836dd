import type { Result } from "../kernel/result.js";
import type { Message, ModelReply, ToolDefinition } from "../schema/message.js";
import type { Tier } from "../schema/tier.js";
import type { ModelFailure } from "./failure.js";

/** How hard the model should think; sent only where the profile allows it. */
export type Effort = "low" | "medium" | "high" | "xhigh" | "max";

/** One request for one reply. Messages are in the API's own form and are sent as they are. */
export interface ModelRequest {
  /** A literal model id; resolve aliases with `resolveModel` first. */
  readonly model: string;
  readonly system: string;
  readonly tools: readonly ToolDefinition[];
  readonly messages: readonly Message[];
  /** Bound of thinking and answer together (tokens). */
  readonly maxTokens: number;
  readonly effort?: Effort;
}

/** The four headers sent with each request (contract, DESIGN §10). */
export interface RequestHeaders {
  readonly "x-worknode-agent": string;
  readonly "x-worknode-tier": string;
  readonly "x-worknode-task": string;
  readonly "x-worknode-execution": string;
}

/** What one attempt needs besides the request. */
export interface AttemptOptions {
  readonly headers: RequestHeaders;
  /** Aborting ends the attempt with the class `aborted`. */
  readonly signal?: AbortSignal;
  /** Called with each piece of answer text as it streams in. */
  readonly onText?: (piece: string) => void;
  /** Called when the head of a response has come, also of one that refuses. */
  readonly onHead?: (head: ResponseHead) => void;
}

/** What a response says before its body. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Headers;
}

/** Speaks the Messages API. One call is one HTTP request; it never throws for what a server does. */
export interface ModelClient {
  attempt(request: ModelRequest, options: AttemptOptions): Promise<Result<ModelReply, ModelFailure>>;
}

/** Builds the four headers; `task` is `-` outside tasks. Characters HTTP refuses are percent-encoded. */
export function requestHeaders(who: {
  agent: string;
  tier: Tier;
  task: string | null;
  execution: string;
}): RequestHeaders {
  return {
    "x-worknode-agent": headerValue(who.agent),
    "x-worknode-tier": who.tier,
    "x-worknode-task": headerValue(who.task ?? "-"),
    "x-worknode-execution": headerValue(who.execution),
  };
}

function headerValue(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : encodeURIComponent(Buffer.from(text).toString());
}
