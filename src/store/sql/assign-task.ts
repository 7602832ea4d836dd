/** Gives a task to another agent or person (S3:369). */
export const assignTask = "UPDATE tasks SET owner = @assignee, touched_seq = @seq WHERE cycle = @cycle AND id = @task";
