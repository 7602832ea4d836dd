/** Marks a call answered; 0 rows when it was answered before. */
export const finishCall = `
INSERT INTO executions (id, cycle, task, result_seq) VALUES (@id, @cycle, @task, @seq)
ON CONFLICT (id) DO UPDATE SET result_seq = excluded.result_seq WHERE result_seq IS NULL
`;
