/** Closes a request's reservation: it stays charged, or is released. */
export const failRequest = `
UPDATE requests SET charged_nano_usd = charged_nano_usd + @charged * open_nano_usd,
  charged_tokens = charged_tokens + @charged * open_tokens, open = 0
WHERE cycle = @cycle AND request = @request AND reply_seq IS NULL
`;
