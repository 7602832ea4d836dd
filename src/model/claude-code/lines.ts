import { z } from "zod";

/** An MCP message, as JSON-RPC. `id` is absent in notifications. */
const rpcSchema = z.looseObject({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string(),
  params: z.looseObject({}).optional(),
});
export type RpcMessage = z.infer<typeof rpcSchema>;

/**
 * Lines Claude Code writes with `--output-format stream-json --include-partial-messages` that mean something here
 * (seen on 2.1.329). Lines of other types are information and change nothing.
 */
const lineSchema = z.discriminatedUnion("type", [
  /** An event of the Messages API's stream, as it came. */
  z.looseObject({
    type: z.literal("stream_event"),
    event: z.unknown(),
    parent_tool_use_id: z.string().nullable().default(null),
  }),
  /** What it has to say itself carries the model `<synthetic>`. */
  z.looseObject({
    type: z.literal("assistant"),
    message: z.looseObject({
      model: z.string().optional(),
      content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).default([]),
    }),
  }),
  /** It asks: an MCP message for one of our servers, or something that is not offered. */
  z.looseObject({
    type: z.literal("control_request"),
    request_id: z.string(),
    request: z.looseObject({ subtype: z.string(), server_name: z.string().optional(), message: rpcSchema.optional() }),
  }),
  /** A turn ended. */
  z.looseObject({
    type: z.literal("result"),
    is_error: z.boolean().default(false),
    subtype: z.string().default(""),
    result: z.string().default(""),
  }),
]);
export type ClaudeLine = z.infer<typeof lineSchema>;

const KNOWN: ReadonlySet<unknown> = new Set(["stream_event", "assistant", "control_request", "result"]);

/** Reads a line: what it says, undefined for information, or a string that says how it breaks the protocol. */
export function readLine(line: string): ClaudeLine | string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return `a line is not JSON: ${line.slice(0, 200)}`;
  }
  if (typeof value !== "object" || value === null || !("type" in value)) return "a line is not an object with a type";
  if (!KNOWN.has(value.type)) return undefined;
  const parsed = lineSchema.safeParse(value);
  return parsed.success ? parsed.data : `a line of type ${String(value.type)} has another form than known`;
}

/** A message of the user, as a line. */
export function userLine(text: string): string {
  return JSON.stringify({ type: "user", message: { role: "user", content: text }, parent_tool_use_id: null });
}

/** The answer to a control request, as a line. */
export function answerLine(requestId: string, answer: { response: object } | { error: string }): string {
  const subtype = "error" in answer ? "error" : "success";
  return JSON.stringify({ type: "control_response", response: { subtype, request_id: requestId, ...answer } });
}
