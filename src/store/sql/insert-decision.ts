/** Keeps a decision; 0 rows when its id is taken. */
export const insertDecision = `
INSERT INTO decisions (id, cycle, task, project, supersedes, question, decision, rationale, words, record, seq, hlc)
VALUES (@id, @cycle, @task, @project, @supersedes, @question, @decision, @rationale, @words, @record, @seq, @hlc)
ON CONFLICT DO NOTHING
`;
