/** Keeps the end of an execution; 0 rows when it ended before. */
export const endExecution = `
INSERT INTO executions (id, cycle, task, outcome, seal, ended_seq) VALUES (@id, @cycle, @task, @outcome, @seal, @seq)
ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, seal = excluded.seal, ended_seq = excluded.ended_seq
WHERE ended_seq IS NULL
`;
