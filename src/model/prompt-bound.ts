import type { Message, ToolDefinition, Usage } from "../schema/message.js";
import { promptTokensOf } from "./prices.js";

/** A prompt's parts that no reply's usage figures cover yet. */
export interface PromptParts {
  /** Usage of the conversation's last reply; absent for its first request. */
  readonly lastUsage?: Usage;
  /** With `lastUsage`: only the messages after the reply it belongs to. Else all of them. */
  readonly messages: readonly Message[];
  /** Left out of the bound when `lastUsage` covers them. */
  readonly system?: string;
  readonly tools?: readonly ToolDefinition[];
}

/** Tokens the API adds for tools and thinking on its own account, and for the frame of a prompt. */
const FRAME_TOKENS = 1_024;
/** Tokens around each message and block. */
const BLOCK_TOKENS = 16;

/**
 * An upper bound of a prompt's tokens, without a tokenizer: what the last reply said its prompt and
 * output were, and one token for each UTF-8 byte of what came since. No byte-level tokenizer makes
 * more tokens than bytes; ordinary English or code has about four bytes a token, so the bound of a
 * first request is some four times its size, and that of a later one is close.
 */
export function boundPromptTokens(parts: PromptParts): number {
  const known = parts.lastUsage === undefined ? FRAME_TOKENS : promptTokensOf(parts.lastUsage) + outputOf(parts);
  const fixed =
    parts.lastUsage === undefined ? bytes(parts.system ?? "") + bytes(JSON.stringify(parts.tools ?? [])) : 0;
  return known + fixed + parts.messages.reduce((sum, message) => sum + boundMessage(message), 0);
}

function outputOf(parts: PromptParts): number {
  return parts.lastUsage?.output_tokens ?? 0;
}

function boundMessage(message: Message): number {
  let bound = BLOCK_TOKENS;
  for (const block of message.content) bound += BLOCK_TOKENS + boundBlock(block);
  return bound;
}

function boundBlock(block: Message["content"][number]): number {
  if (block.type === "text" && "text" in block) return bytes(String(block.text));
  if (block.type === "tool_result" && "content" in block) return bytes(String(block.content)) + BLOCK_TOKENS;
  return bytes(JSON.stringify(block));
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
