/** Makes the identifiers of an error searchable by parts. */
export const indexIssueTrigrams = `INSERT INTO issues_trigrams (rowid, identifiers) SELECT position, identifiers FROM issues WHERE fingerprint = ?`;
