/** Keeps an error seen for the first time; 0 rows when its fingerprint is known. */
export const insertIssue = `
INSERT INTO issues (id, fingerprint, cycle, task, type, error, file, solution, resolved, count, identifiers, seq, hlc)
VALUES (@id, @fingerprint, @cycle, @task, @type, @error, @file, @solution, @resolved, 1, @identifiers, @seq, @hlc)
ON CONFLICT DO NOTHING
`;
