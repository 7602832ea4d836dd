/** Ends a cycle. */
export const endCycle = `UPDATE cycles SET status = @status, exit_code = @exit_code, reason = @reason, ended_hlc = @hlc WHERE number = @cycle`;
