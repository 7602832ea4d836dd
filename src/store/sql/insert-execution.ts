/** Keeps the end of an execution; 0 rows when it ended before. */
export const insertExecution = `
INSERT INTO executions (id, cycle, task, conversation, worker, outcome, seal, seq)
VALUES (@id, @cycle, @task, @conversation, @worker, @outcome, @seal, @seq)
ON CONFLICT DO NOTHING
`;
