/** Notes a request about to be sent; 0 rows when its id is known in the cycle. */
export const insertRequest = `
INSERT INTO requests (cycle, request, task, agent, tier, model, asked, open, open_nano_usd, open_tokens,
  charged_nano_usd, charged_tokens, reply_seq, spent_nano_usd, input_tokens, output_tokens, cache_read_tokens,
  cache_write_tokens)
VALUES (@cycle, @request, @task, @agent, @tier, @model, @asked, @asked, @nano_usd, @tokens, 0, 0, NULL, 0, 0, 0, 0, 0)
ON CONFLICT DO NOTHING
`;
