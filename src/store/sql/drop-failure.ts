/** Forgets that a command of a task ended with an issue. */
export const dropFailure =
  "DELETE FROM failures WHERE cycle = @cycle AND task = @task AND command = @command AND issue = @issue";
