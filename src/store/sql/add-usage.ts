/** Adds to what an agent of a task has reserved and spent. */
export const addUsage = `
INSERT INTO usage (cycle, task, agent, tier, model, requests, replies, reserved_nano_usd, reserved_tokens, spent_nano_usd,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
VALUES (@cycle, @task, @agent, @tier, @model, @requests, @replies, @reserved_nano_usd, @reserved_tokens, @spent_nano_usd,
  @input_tokens, @output_tokens, @cache_read_tokens, @cache_write_tokens)
ON CONFLICT (cycle, task, agent, tier, model) DO UPDATE SET
  requests = requests + excluded.requests, replies = replies + excluded.replies,
  reserved_nano_usd = reserved_nano_usd + excluded.reserved_nano_usd,
  reserved_tokens = reserved_tokens + excluded.reserved_tokens,
  spent_nano_usd = spent_nano_usd + excluded.spent_nano_usd,
  input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
  cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
  cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens
`;
