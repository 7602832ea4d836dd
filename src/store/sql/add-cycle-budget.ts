/** Widens a cycle's budget. */
export const addCycleBudget = `
UPDATE cycles SET added_nano_usd = added_nano_usd + @nano_usd, added_tokens = added_tokens + @tokens
WHERE number = @cycle
`;
