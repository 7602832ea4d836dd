/** Notes a proposed call; a call judged again waits for its verdict again. */
export const putCall = `
INSERT INTO executions (id, cycle, task, tool, object) VALUES (@id, @cycle, @task, @tool, @object)
ON CONFLICT (id) DO UPDATE SET tool = excluded.tool, object = excluded.object, verdict = NULL
`;
