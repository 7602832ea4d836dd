/** Marks a call's effects kept; 0 rows when they were kept before. */
export const keepCall = `
INSERT INTO executions (id, cycle, task, effect) VALUES (@id, @cycle, @task, 'kept')
ON CONFLICT (id) DO UPDATE SET effect = 'kept' WHERE effect IS NOT 'kept'
`;
