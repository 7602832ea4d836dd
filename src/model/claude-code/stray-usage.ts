import type { Usage } from "../../schema/message.js";

/** What nothing used. */
export const NOTHING: Usage = {
  input_tokens: 0,
  output_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
};

/** What a request that nobody asked for says it took so far. */
export function added(before: Usage, event: unknown): Usage {
  const { type, message } = (event ?? {}) as { type?: unknown; message?: { usage?: Partial<Usage> | null } };
  return type === "message_start" ? sum(before, { ...NOTHING, ...message?.usage }) : before;
}

/** Both together, figure by figure. */
export function sum(left: Usage, right: Usage): Usage {
  const figures = Object.keys(NOTHING) as (keyof Usage)[];
  return Object.fromEntries(figures.map((name) => [name, left[name] + (right[name] ?? 0)])) as Usage;
}
