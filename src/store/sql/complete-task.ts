/** Marks a task done with what it left behind. */
export const completeTask = `
UPDATE tasks SET status = 'DONE', reason = NULL, feedback = NULL, commit_id = coalesce(@commit, commit_id), summary = @summary,
  outputs = @outputs, attempts = @attempts, changed = @changed, waivers = @waivers, ended_hlc = @hlc, touched_seq = @seq
WHERE cycle = @cycle AND id = @task
`;
