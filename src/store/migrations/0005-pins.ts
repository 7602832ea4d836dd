/** Records that briefs tell before others. */
export const pinsSchema = `
CREATE TABLE pins (
  id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
