/** Moves a task to another status, with the reason or none. */
export const updateTaskStatus = `
UPDATE tasks SET status = @status, reason = @reason, touched_seq = @seq,
  ended_hlc = CASE WHEN @status IN ('DONE', 'SKIPPED', 'CANCELLED') THEN coalesce(ended_hlc, @hlc) END
WHERE cycle = @cycle AND id = @task
`;
