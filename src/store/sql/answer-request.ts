/** Settles a request with what its reply reports; 0 rows when it is answered, or unknown. */
export const answerRequest = `
UPDATE requests SET open = 0, reply_seq = @seq, spent_nano_usd = @nano_usd, input_tokens = @input_tokens,
  output_tokens = @output_tokens, cache_read_tokens = @cache_read_tokens, cache_write_tokens = @cache_write_tokens
WHERE cycle = @cycle AND request = @request AND reply_seq IS NULL
`;
