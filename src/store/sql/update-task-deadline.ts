/** Sets a task's deadline, Unix epoch milliseconds (S3:370). */
export const updateTaskDeadline = "UPDATE tasks SET deadline = @deadline WHERE cycle = @cycle AND id = @task";
