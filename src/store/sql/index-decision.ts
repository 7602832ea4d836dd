/** Makes the words of a decision searchable. */
export const indexDecision = `
INSERT INTO decisions_fts (rowid, question, decision, rationale)
SELECT position, question, decision, rationale FROM decisions WHERE id = ?
`;
