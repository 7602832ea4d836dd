/** Makes the words of a decision searchable. */
export const indexDecision =
  "INSERT INTO decisions_fts (rowid, words) SELECT position, words FROM decisions WHERE id = ?";
