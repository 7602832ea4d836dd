/** Marks a call's effects kept; 0 rows when they were kept before. */
export const keepCall = `
INSERT INTO calls (call_id, cycle, task, tool, object, effect) VALUES (@call_id, @cycle, @task, '', '', 'kept')
ON CONFLICT (call_id) DO UPDATE SET effect = 'kept' WHERE effect IS NOT 'kept'
`;
