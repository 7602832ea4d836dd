/** Notes a proposed call; a call judged again waits for its verdict again. */
export const putCall = `
INSERT INTO calls (call_id, cycle, task, tool, object) VALUES (@call_id, @cycle, @task, @tool, @object)
ON CONFLICT (call_id) DO UPDATE SET tool = excluded.tool, object = excluded.object, outcome = NULL
`;
