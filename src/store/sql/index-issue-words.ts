/** Makes the words of an error searchable. */
export const indexIssueWords =
  "INSERT INTO issues_fts (rowid, words) SELECT position, words FROM issues WHERE fingerprint = ?";
