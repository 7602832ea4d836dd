import { isAdaptive, type ModelProfile } from "./profile.js";
import type { ModelRequest } from "./request.js";

/**
 * JSON texts of messages and tools that were sent before. Each request repeats its conversation, so that writing
 * all of it out again would cost more with every call. What a request holds is never changed, only replaced.
 */
const texts = new WeakMap<object, string>();

/** The body of a streamed request: the JSON text of its parameters. */
export function requestBody(request: ModelRequest, profile: ModelProfile): string {
  const { model, maxTokens: max_tokens, system, tools, messages } = request;
  const head = JSON.stringify({
    model,
    max_tokens,
    stream: true,
    ...(system === "" ? {} : { system }),
    ...(tools.length === 0 ? {} : { tool_choice: { type: "auto", disable_parallel_tool_use: true } }),
    ...(profile.caching ? { cache_control: { type: "ephemeral" } } : {}),
    ...(isAdaptive(model) ? thinking(request, profile) : {}),
  });
  const offered = tools.length === 0 ? "" : `,"tools":${listText(tools)}`;
  return `${head.slice(0, -1)}${offered},"messages":${listText(messages)}}`;
}

function thinking({ effort }: ModelRequest, profile: ModelProfile): object {
  return {
    ...(profile.thinking ? { thinking: { type: "adaptive" } } : {}),
    ...(profile.effort && effort !== undefined ? { output_config: { effort } } : {}),
  };
}

function listText(items: readonly object[]): string {
  return `[${items.map(textOf).join(",")}]`;
}

function textOf(item: object): string {
  const known = texts.get(item);
  if (known !== undefined) return known;
  const text = JSON.stringify(item);
  texts.set(item, text);
  return text;
}
