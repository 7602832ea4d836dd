/** Notes a request about to be sent; 0 rows when its id is known. */
export const insertRequest = `
INSERT INTO requests (request, cycle, task, agent, tier, model, reserved_nano_usd, reserved_tokens, open, reply_seq)
VALUES (@request, @cycle, @task, @agent, @tier, @model, @reserved_nano_usd, @reserved_tokens, @open, @reply_seq)
ON CONFLICT DO NOTHING
`;
