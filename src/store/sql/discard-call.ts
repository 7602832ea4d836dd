/** Marks a call's effects discarded; 0 rows when they were kept before. */
export const discardCall = `
INSERT INTO executions (id, cycle, task, effect) VALUES (@id, @cycle, @task, 'discarded')
ON CONFLICT (id) DO UPDATE SET effect = 'discarded' WHERE effect IS NOT 'kept'
`;
