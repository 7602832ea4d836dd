import { recordable } from "../kernel/canonical.js";
import { err, ok, type Result } from "../kernel/result.js";
import type { ReplyBlock } from "../schema/message.js";

/** A JSON object as it came over the wire. */
export type Raw = Record<string, unknown>;

/** A block whose deltas are still coming. */
export interface OpenBlock {
  readonly start: Raw;
  /** Text, thinking, or the JSON of a tool's input. */
  text: string;
  signature: string;
}

/** A finished block, as it goes back to the server: exactly, but for what cannot be recorded; an error when a tool's input is no JSON object. */
export function closeBlock({ start, text, signature }: OpenBlock): Result<ReplyBlock, string> {
  switch (start["type"]) {
    case "text":
      return ok({ type: "text", text: asText(start["text"]) + text });
    case "thinking":
      return ok({
        ...start,
        type: "thinking",
        thinking: asText(start["thinking"]) + text,
        signature: asText(start["signature"]) + signature,
      });
    case "tool_use":
      return closeTool(start, text);
    default:
      return ok(recordable(start) as ReplyBlock);
  }
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Some servers send the whole input with the start and no deltas. */
function closeTool(start: Raw, json: string): Result<ReplyBlock, string> {
  const { id, name } = start as { id: string; name: string };
  try {
    const input: unknown = json === "" ? (start["input"] ?? {}) : JSON.parse(json);
    if (isRaw(input)) return ok({ type: "tool_use", id, name, input: recordable(input) as Raw });
  } catch {
    // Said below: not JSON and not an object come to the same.
  }
  return err(`the input of tool call ${id} is not a JSON object`);
}

/** A JSON object with a `type`, as every event, block and delta is. */
export function isTyped(value: unknown): value is Raw & { type: string } {
  return isRaw(value) && typeof value["type"] === "string";
}

/** A JSON object. */
export function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
