/** Sets the files a task may write, as a JSON list. */
export const updateTaskFiles =
  "UPDATE tasks SET files = @files, touched_seq = @seq WHERE cycle = @cycle AND id = @task";
