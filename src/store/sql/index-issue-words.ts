/** Makes the words of an error searchable. */
export const indexIssueWords = `INSERT INTO issues_fts (rowid, type, error) SELECT position, type, error FROM issues WHERE fingerprint = ?`;
