import type { Usage } from "../../schema/message.js";
import { isObject, type Raw } from "./rule.js";
import type { ScriptedReply } from "./script.js";

const CHARS_PER_TOKEN = 4;
/** Prompts below this are not cached, and nothing is said (tokens). */
const CACHE_MINIMUM = 512;

/**
 * Figures of a reply, from lengths alone: four characters a token. With a top-level `cache_control`
 * everything up to the last user message of the previous request counts as read from the cache and
 * the rest as written to it. No memory is kept, so a restarted server says the same.
 */
export function usageOf(body: Raw, reply: ScriptedReply): Usage {
  if (reply.usage !== undefined) return reply.usage;
  const output_tokens = tokens(chars([reply.thinking, reply.text, reply.tools])) + 1;
  const messages = body["messages"] as unknown[];
  const seen = Math.max(
    messages.findLastIndex((message) => isObject(message) && message["role"] === "assistant"),
    0,
  );
  const before = chars([body["system"], body["tools"], ...messages.slice(0, seen)]);
  const prefix = tokens(before);
  const total = tokens(before + chars(messages.slice(seen)));
  if (body["cache_control"] === undefined || total < CACHE_MINIMUM)
    return { input_tokens: total, output_tokens, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
  const read = seen > 0 && prefix >= CACHE_MINIMUM ? prefix : 0;
  return {
    input_tokens: 0,
    output_tokens,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: total - read,
  };
}

function chars(parts: readonly unknown[]): number {
  return parts.reduce((sum: number, part) => sum + (part === undefined ? 0 : JSON.stringify(part).length), 0);
}

function tokens(count: number): number {
  return Math.ceil(count / CHARS_PER_TOKEN);
}
