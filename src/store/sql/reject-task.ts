/** Marks a task rejected with the feedback its rework must answer. */
export const rejectTask = `
UPDATE tasks SET status = 'REJECTED', attempts = @attempt, feedback = @feedback, touched_seq = @seq
WHERE cycle = @cycle AND id = @task
`;
