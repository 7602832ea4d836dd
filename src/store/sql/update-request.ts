/** Opens, closes or answers a request. */
export const updateRequest = `
UPDATE requests SET reserved_nano_usd = @reserved_nano_usd, reserved_tokens = @reserved_tokens, open = @open, reply_seq = @reply_seq
WHERE request = @request
`;
