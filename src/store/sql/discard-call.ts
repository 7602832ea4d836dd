/** Marks a call's effects discarded; 0 rows when they were kept before. */
export const discardCall = `
INSERT INTO calls (call_id, cycle, task, tool, object, effect) VALUES (@call_id, @cycle, @task, '', '', 'discarded')
ON CONFLICT (call_id) DO UPDATE SET effect = 'discarded' WHERE effect IS NOT 'kept'
`;
