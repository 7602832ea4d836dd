/** Projections: cycles, tasks, agents, and what waits for somebody. */
export const workSchema = `
CREATE TABLE cycles (
  number INTEGER PRIMARY KEY,
  plan_id TEXT NOT NULL,
  plan_hash TEXT NOT NULL,
  plan_path TEXT NOT NULL,
  title TEXT NOT NULL,
  instruction TEXT NOT NULL,
  branch TEXT NOT NULL,
  base_commit TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  mode TEXT,
  inputs TEXT NOT NULL,
  status TEXT NOT NULL,
  phase TEXT,
  review TEXT,
  deviation REAL,
  added_nano_usd INTEGER NOT NULL DEFAULT 0,
  added_tokens INTEGER NOT NULL DEFAULT 0,
  exit_code INTEGER,
  reason TEXT,
  started_seq INTEGER NOT NULL,
  started_hlc TEXT NOT NULL,
  ended_hlc TEXT
) STRICT;
CREATE INDEX cycles_incomplete ON cycles (plan_id, number) WHERE status NOT IN ('done', 'failed');
CREATE TABLE phases (
  cycle INTEGER NOT NULL,
  phase TEXT NOT NULL,
  status TEXT NOT NULL,
  hlc TEXT NOT NULL,
  PRIMARY KEY (cycle, phase)
) STRICT, WITHOUT ROWID;
CREATE TABLE tasks (
  cycle INTEGER NOT NULL,
  id TEXT NOT NULL,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  phase TEXT NOT NULL,
  owner TEXT NOT NULL,
  agent TEXT,
  status TEXT NOT NULL,
  reason TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  commit_id TEXT,
  summary TEXT,
  feedback TEXT,
  outputs TEXT NOT NULL DEFAULT '{}',
  estimate REAL,
  deadline REAL,
  needs TEXT NOT NULL,
  files TEXT NOT NULL,
  changed TEXT NOT NULL DEFAULT '[]',
  waivers TEXT NOT NULL DEFAULT '[]',
  base_commit TEXT,
  worktree TEXT,
  started_hlc TEXT,
  ended_hlc TEXT,
  touched_seq INTEGER NOT NULL,
  PRIMARY KEY (cycle, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_status ON tasks (cycle, status, position);
CREATE TABLE steps (
  cycle INTEGER NOT NULL,
  task TEXT NOT NULL,
  step TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  outputs TEXT NOT NULL DEFAULT '{}',
  error TEXT,
  provide TEXT,
  seq INTEGER NOT NULL,
  PRIMARY KEY (cycle, task, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  seq INTEGER PRIMARY KEY,
  cycle INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  resumed INTEGER NOT NULL,
  hlc TEXT NOT NULL,
  ended_hlc TEXT,
  exit_code INTEGER,
  reason TEXT
) STRICT;
CREATE INDEX sessions_cycle ON sessions (cycle);
CREATE TABLE agents (
  cycle INTEGER NOT NULL,
  agent TEXT NOT NULL,
  task TEXT NOT NULL,
  role TEXT NOT NULL,
  tier TEXT NOT NULL,
  model TEXT NOT NULL,
  parent TEXT,
  status TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  capability TEXT NOT NULL,
  depth INTEGER NOT NULL,
  spawned_hlc TEXT NOT NULL,
  terminated_hlc TEXT,
  reason TEXT,
  PRIMARY KEY (cycle, agent, task)
) STRICT, WITHOUT ROWID;
CREATE TABLE worknodes (id TEXT PRIMARY KEY, record TEXT NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  cycle INTEGER NOT NULL,
  task TEXT,
  kind TEXT NOT NULL,
  proposal_hash TEXT NOT NULL,
  message TEXT NOT NULL,
  require TEXT NOT NULL,
  exclude TEXT NOT NULL,
  expires_at REAL NOT NULL,
  decision TEXT,
  resolutions TEXT NOT NULL DEFAULT '[]',
  requested_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX approvals_pending ON approvals (cycle, requested_seq) WHERE decision IS NULL;
CREATE TABLE escalations (
  id TEXT PRIMARY KEY,
  cycle INTEGER NOT NULL,
  task TEXT,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  reason TEXT NOT NULL,
  needs TEXT,
  action TEXT,
  resolved_by TEXT,
  resolution TEXT,
  agent TEXT,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX escalations_open ON escalations (cycle, seq) WHERE action IS NULL;
CREATE TABLE alerts (
  seq INTEGER PRIMARY KEY,
  cycle INTEGER NOT NULL,
  task TEXT,
  severity TEXT NOT NULL,
  message TEXT NOT NULL,
  recipient TEXT NOT NULL,
  key TEXT,
  hlc TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_cycle ON alerts (cycle);
CREATE TABLE violations (
  seq INTEGER PRIMARY KEY,
  cycle INTEGER NOT NULL,
  task TEXT,
  call_id TEXT NOT NULL,
  code TEXT NOT NULL,
  rule TEXT NOT NULL,
  subject TEXT NOT NULL,
  object TEXT NOT NULL,
  message TEXT NOT NULL,
  remedy TEXT NOT NULL,
  hlc TEXT NOT NULL
) STRICT;
CREATE INDEX violations_cycle ON violations (cycle);
`;
