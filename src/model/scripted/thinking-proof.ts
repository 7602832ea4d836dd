import { createHash } from "node:crypto";
import type { Raw } from "./rule.js";

/**
 * Signatures of the scripted model's thinking. Both are functions of the thinking text alone, so
 * that a restarted server still knows its own: the block carries a signature, and each tool call of
 * a reply that thought carries the thinking's mark in its id.
 */
export function signThinking(thinking: string): string {
  return createHash("sha256").update(`worknode scripted thinking\0${thinking}`).digest("base64");
}

const MARKED_ID = /^toolu_[0-9a-f]{16}t([0-9a-f]{8})$/;

/** A tool call's id: the same for the same place in the script, marked when the reply thought. */
export function toolUseId(place: string, thinking: string | undefined): string {
  const unique = createHash("sha256").update(place).digest("hex").slice(0, 16);
  return thinking === undefined ? `toolu_${unique}` : `toolu_${unique}t${markOf(signThinking(thinking))}`;
}

function markOf(signature: string): string {
  return createHash("sha256").update(signature).digest("hex").slice(0, 8);
}

/** Whether an assistant message lost or changed the thinking that came with its tool calls. */
export function thinkingWasDropped(blocks: readonly Raw[]): boolean {
  const marks = new Set(
    blocks.filter((block) => block["type"] === "thinking").map((b) => markOf(String(b["signature"]))),
  );
  return blocks.some((block) => {
    const match = block["type"] === "tool_use" ? MARKED_ID.exec(String(block["id"])) : null;
    return match !== null && !marks.has(match[1] ?? "");
  });
}
