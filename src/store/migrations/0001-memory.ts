/** Projections: conversations, money, calls, files, authority, decisions, issues, triggers. */
export const memorySchema = `
CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  cycle INTEGER NOT NULL,
  task TEXT,
  kind TEXT NOT NULL,
  agent TEXT NOT NULL,
  model TEXT NOT NULL,
  outcome TEXT,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_task ON conversations (cycle, task, kind);
CREATE TABLE requests (
  cycle INTEGER NOT NULL,
  request TEXT NOT NULL,
  task TEXT NOT NULL,
  agent TEXT NOT NULL,
  tier TEXT NOT NULL,
  model TEXT NOT NULL,
  asked INTEGER NOT NULL,
  open INTEGER NOT NULL,
  open_nano_usd INTEGER NOT NULL,
  open_tokens INTEGER NOT NULL,
  charged_nano_usd INTEGER NOT NULL,
  charged_tokens INTEGER NOT NULL,
  reply_seq INTEGER,
  spent_nano_usd INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  PRIMARY KEY (cycle, request)
) STRICT, WITHOUT ROWID;
CREATE TABLE executions (
  id TEXT PRIMARY KEY,
  cycle INTEGER NOT NULL,
  task TEXT,
  tool TEXT,
  object TEXT,
  verdict TEXT,
  effect TEXT,
  result_seq INTEGER,
  outcome TEXT,
  seal TEXT,
  ended_seq INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX executions_unknown ON executions (cycle) WHERE verdict = 'Approved' AND result_seq IS NULL;
CREATE TABLE files_kept (
  cycle INTEGER NOT NULL,
  path TEXT NOT NULL,
  task TEXT,
  kind TEXT NOT NULL,
  seq INTEGER NOT NULL,
  hlc TEXT NOT NULL,
  PRIMARY KEY (cycle, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE plan_approvals (
  plan_hash TEXT PRIMARY KEY,
  plan_id TEXT NOT NULL,
  path TEXT NOT NULL,
  os_user TEXT NOT NULL,
  git_email TEXT,
  via TEXT NOT NULL,
  hlc TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE authority (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL) STRICT;
CREATE TABLE revocations (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, reason TEXT NOT NULL) STRICT;
CREATE TABLE kv (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE triggers (name TEXT PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE decisions (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  cycle INTEGER NOT NULL,
  task TEXT,
  project TEXT,
  supersedes TEXT,
  question TEXT NOT NULL,
  decision TEXT NOT NULL,
  rationale TEXT NOT NULL,
  record TEXT NOT NULL,
  seq INTEGER NOT NULL,
  hlc TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_supersedes ON decisions (supersedes) WHERE supersedes IS NOT NULL;
CREATE VIRTUAL TABLE decisions_fts USING fts5 (
  question, decision, rationale,
  content = 'decisions', content_rowid = 'position', tokenize = "unicode61 tokenchars '_'"
);
CREATE TABLE issues (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  fingerprint TEXT NOT NULL UNIQUE,
  cycle INTEGER NOT NULL,
  task TEXT,
  type TEXT NOT NULL,
  error TEXT NOT NULL,
  file TEXT,
  solution TEXT,
  resolved INTEGER NOT NULL,
  count INTEGER NOT NULL,
  identifiers TEXT NOT NULL,
  seq INTEGER NOT NULL,
  hlc TEXT NOT NULL
) STRICT;
CREATE INDEX issues_seq ON issues (seq);
CREATE VIRTUAL TABLE issues_fts USING fts5 (
  type, error, content = 'issues', content_rowid = 'position', tokenize = "unicode61 tokenchars '_'"
);
CREATE VIRTUAL TABLE issues_trigrams USING fts5 (
  identifiers, content = 'issues', content_rowid = 'position', tokenize = 'trigram'
);
`;
