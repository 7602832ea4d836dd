/** Gives a task outside plans to whoever claims it. */
export const claimTask = `
UPDATE tasks SET status = 'IN_PROGRESS', reason = NULL, agent = @by, attempts = max(attempts, 1),
  started_hlc = coalesce(started_hlc, @hlc), ended_hlc = NULL, touched_seq = @seq
WHERE cycle = @cycle AND id = @task
`;
