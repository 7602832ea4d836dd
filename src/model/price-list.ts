/**
 * List prices of the hosted API in US dollars per million tokens, as seen on `date`. A tier holds
 * for prompts of up to `up_to_prompt_tokens` (input and cache figures together); null is no bound.
 * WORKNODE_PRICES names a JSON file of this form whose models are added or replace these.
 */
export const PRICE_LIST = {
  date: "2026-11-01",
  models: {
    "claude-opus-5-5": [{ up_to_prompt_tokens: null, input: 4, output: 20, cache_read: 0.2, cache_write: 5 }],
    "claude-sonnet-5-5": [{ up_to_prompt_tokens: null, input: 2, output: 10, cache_read: 0.1, cache_write: 2.5 }],
    "claude-haiku-5-5": [
      { up_to_prompt_tokens: 100_000, input: 0.1, output: 0.5, cache_read: 0.01, cache_write: 0.125 },
      { up_to_prompt_tokens: null, input: 0.5, output: 2.5, cache_read: 0.05, cache_write: 0.625 },
    ],
  },
};
