/** Opens a request anew; a reservation still open stays charged. 0 rows once it is answered. */
export const askRequestAgain = `
UPDATE requests SET asked = asked + 1, charged_nano_usd = charged_nano_usd + open * open_nano_usd,
  charged_tokens = charged_tokens + open * open_tokens, open = 1, open_nano_usd = @nano_usd, open_tokens = @tokens
WHERE cycle = @cycle AND request = @request AND reply_seq IS NULL
`;
