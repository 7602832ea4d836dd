/** Keeps the commit a task became on its cycle's branch. */
export const mergeTask = `UPDATE tasks SET commit_id = @commit, touched_seq = @seq WHERE cycle = @cycle AND id = @task`;
