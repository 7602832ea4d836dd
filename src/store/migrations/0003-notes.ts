/** Notes of people and agents, and indexes for what repeats and for reports. */
export const notesSchema = `
CREATE TABLE notes (
  seq INTEGER PRIMARY KEY,
  cycle INTEGER NOT NULL,
  task TEXT,
  actor TEXT NOT NULL,
  text TEXT NOT NULL,
  paths TEXT NOT NULL,
  hlc TEXT NOT NULL
) STRICT;
CREATE INDEX issues_repeated ON issues (count, seq) WHERE resolved = 0 AND count >= 2;
CREATE INDEX tasks_ended ON tasks (ended_hlc) WHERE ended_hlc IS NOT NULL;
`;
