/** Keeps an error seen for the first time; 0 rows when its fingerprint is known. */
export const insertIssue = `
INSERT INTO issues (id, fingerprint, cycle, task, type, error, file, solution, resolved, resolved_seq, count, words, identifiers, seq, hlc)
VALUES (@id, @fingerprint, @cycle, @task, @type, @error, @file, @solution, @resolved, @resolved_seq, 1, @words, @identifiers, @seq, @hlc)
ON CONFLICT DO NOTHING
`;
