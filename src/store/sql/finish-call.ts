/** Marks a call answered; 0 rows when it was answered before. */
export const finishCall = `
INSERT INTO calls (call_id, cycle, task, tool, object, result_seq) VALUES (@call_id, @cycle, @task, '', '', @seq)
ON CONFLICT (call_id) DO UPDATE SET result_seq = excluded.result_seq WHERE result_seq IS NULL
`;
