import { parse } from "yaml";
import { z } from "zod";
import { messageOf } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { taskStatusSchema } from "../../schema/states.js";

const afterEvents = z.int().min(0);

/** A misbehaviour played once before the reply succeeds. `afterEvents` counts whole stream events sent first. */
const faultSchema = z.discriminatedUnion("type", [
  /** The connection breaks in mid-stream. */
  z.strictObject({ type: z.literal("cut"), afterEvents: afterEvents.default(3) }),
  /** The stream ends in good order, but before `message_stop`. */
  z.strictObject({ type: z.literal("end"), afterEvents: afterEvents.default(3) }),
  /** An error reply; `retryAfter` in seconds. */
  z.strictObject({
    type: z.literal("status"),
    status: z.int().min(400).max(599),
    retryAfter: z.number().min(0).optional(),
    shouldRetry: z.boolean().optional(),
    message: z.string().optional(),
  }),
  /** An `error` event in mid-stream. */
  z.strictObject({
    type: z.literal("error_event"),
    error: z.string().default("overloaded_error"),
    afterEvents: afterEvents.default(1),
  }),
  /** A reply that breaks the protocol. */
  z.strictObject({
    type: z.literal("garbage"),
    variant: z.enum(["json", "html", "order", "fields", "usage", "tool_json", "types"]).default("json"),
  }),
  /** Nothing more comes until the client gives up. */
  z.strictObject({ type: z.literal("hang"), afterEvents: afterEvents.default(0) }),
  /** The connection is reset before anything is sent. */
  z.strictObject({ type: z.literal("reset") }),
]);
export type ScriptedFault = z.infer<typeof faultSchema>;

const toolSchema = z.strictObject({
  name: z.string(),
  input: z.unknown().optional(),
  /** The input's JSON text as it streams; for a call cut off by `max_tokens`. */
  inputJson: z.string().optional(),
});

const usageSchema = z.strictObject({
  input_tokens: z.int().min(0),
  output_tokens: z.int().min(0),
  cache_read_input_tokens: z.int().min(0).default(0),
  cache_creation_input_tokens: z.int().min(0).default(0),
});

/** One reply of the scripted model. With neither text nor tools it is the empty `end_turn` that happens. */
const replySchema = z.strictObject({
  thinking: z.string().optional(),
  text: z.string().optional(),
  tools: z.array(toolSchema).default([]),
  usage: usageSchema.optional(),
  stopReason: z.string().optional(),
  faults: z.array(faultSchema).default([]),
  /** The reply is withheld until this name is released. */
  hold: z.string().optional(),
  /** Wait before the reply begins (ms). */
  delayMs: z.int().min(0).max(600_000).optional(),
});
export type ScriptedReply = z.infer<typeof replySchema>;
/** A reply as a script or a test writes it, defaults left out. */
export type ScriptedReplyInput = z.input<typeof replySchema>;

const kindSchema = z.enum(["plan-review", "work", "critic", "audit", "escalation", "tool"]);

/** The way a flow is to take: `plan test` compares it, the server leaves it alone. Steps are named `TASK.STEP`. */
const expectSchema = z.strictObject({
  exitCode: z.int().min(0).max(255).optional(),
  tasks: z.record(z.string(), taskStatusSchema).optional(),
  steps: z.record(z.string(), z.enum(["done", "failed", "skipped"])).optional(),
});

/** A model's words for a whole run. Keys of `replies` are `<task>:<conversation kind>:<n>`. */
export const scriptSchema = z.strictObject({
  apiVersion: z.literal("worknode/v1"),
  kind: z.literal("Script"),
  description: z.string().optional(),
  /** Model ids that exist; any other is 404. Absent: every id exists. */
  models: z.array(z.string()).optional(),
  replies: z
    .record(
      z.string().regex(/^[^:]+:[a-z-]+:[1-9]\d*$/, "keys are <task>:<conversation kind>:<n>"),
      z.array(replySchema),
    )
    .default({}),
  /** Replies of conversations not named above, by kind; the last one repeats. */
  defaults: z.partialRecord(kindSchema, z.array(replySchema).min(1)).default({}),
  expect: expectSchema.optional(),
});
export type Script = z.infer<typeof scriptSchema>;

/** Reads a script from YAML or JSON. The error names every fault with its place in the script. */
export function parseScript(text: string): Result<Script, string> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (thrown) {
    return err(`script is not YAML: ${messageOf(thrown)}`);
  }
  const parsed = scriptSchema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  return err(parsed.error.issues.map(describe).join("\n"));
}

function describe(issue: z.core.$ZodIssue): string {
  const message = issue.code === "invalid_key" ? issue.issues[0]?.message : issue.message;
  return `${issue.path.join(".") || "script"}: ${message}`;
}

/** Fills in the defaults of one reply; throws a ZodError on a reply no script could hold. */
export function completeReply(reply: ScriptedReplyInput): ScriptedReply {
  return replySchema.parse(reply);
}
