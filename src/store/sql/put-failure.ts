/** Notes that a command of a task ended with an issue; `offered` grows from 0 to 1 (its fix was told) to 2 (in vain). */
export const putFailure = `
INSERT INTO failures (cycle, task, command, issue, offered, seq)
VALUES (@cycle, @task, @command, @issue, @offered, @seq)
ON CONFLICT DO UPDATE SET offered = max(offered, excluded.offered)
`;
