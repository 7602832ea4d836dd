/** Events that were accepted and have no number in the log yet (`intake.ts`): a row for all that came at once. */
export const intakeSchema = `
CREATE TABLE intake (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  events TEXT NOT NULL
) STRICT;
`;
