/** Ends the latest session of a cycle. */
export const endSession = `
UPDATE sessions SET ended_hlc = @hlc, exit_code = @exit_code, reason = @reason
WHERE seq = (SELECT max(seq) FROM sessions WHERE cycle = @cycle)
`;
