/** How words are told apart: letters, digits, marks and `_`, whatever their case and accents. */
const TOKENS = `tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mc Mn' tokenchars '_'"`;

/**
 * Search in any script (texts are indexed as `searchText` gives them), issues that failing commands open and
 * that say how often their fix helped, and indexes for what the brief asks. `decision_words` and `issue_words`
 * are functions of this program, there while migrations run.
 */
export const searchSchema = `
ALTER TABLE decisions ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE decisions SET words = decision_words(record);
DROP TABLE decisions_fts;
CREATE VIRTUAL TABLE decisions_fts USING fts5 (words, content = 'decisions', content_rowid = 'position', ${TOKENS});
INSERT INTO decisions_fts (decisions_fts) VALUES ('rebuild');
CREATE INDEX decisions_task ON decisions (cycle, task) WHERE task IS NOT NULL;

ALTER TABLE issues ADD COLUMN words TEXT NOT NULL DEFAULT '';
ALTER TABLE issues ADD COLUMN applied INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issues ADD COLUMN worked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issues ADD COLUMN resolved_seq INTEGER;
UPDATE issues SET words = issue_words(type, error), resolved_seq = CASE WHEN resolved THEN seq END;
DROP TABLE issues_fts;
CREATE VIRTUAL TABLE issues_fts USING fts5 (words, content = 'issues', content_rowid = 'position', ${TOKENS});
INSERT INTO issues_fts (issues_fts) VALUES ('rebuild');
CREATE INDEX issues_resolved ON issues (resolved, seq);

CREATE TABLE failures (
  cycle INTEGER NOT NULL,
  task TEXT NOT NULL,
  command TEXT NOT NULL,
  issue TEXT NOT NULL,
  offered INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (cycle, task, command, issue)
) STRICT, WITHOUT ROWID;

CREATE INDEX files_kept_seq ON files_kept (cycle, seq);
CREATE INDEX files_kept_path ON files_kept (path, seq);
`;
