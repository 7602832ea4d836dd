/** Keeps the typed outputs of a task. */
export const updateTaskOutputs = `UPDATE tasks SET outputs = @outputs, touched_seq = @seq WHERE cycle = @cycle AND id = @task`;
