/** Ends an agent: for one task, or wherever it works when the task is null. */
export const terminateAgent = `
UPDATE agents SET status = 'TERMINATED', terminated_hlc = @hlc, reason = @reason
WHERE cycle = @cycle AND agent = @agent AND (@task IS NULL OR task = @task)
`;
