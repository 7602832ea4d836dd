/** Starts an attempt at a task. */
export const startTask = `
UPDATE tasks SET status = 'IN_PROGRESS', reason = NULL, attempts = @attempt, agent = @agent, base_commit = @base_commit,
  worktree = @worktree, started_hlc = coalesce(started_hlc, @hlc), ended_hlc = NULL, touched_seq = @seq
WHERE cycle = @cycle AND id = @task
`;
