/** The event log, its texts and chain head, and the leases. */
export const logSchema = `
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  hlc TEXT NOT NULL,
  node TEXT NOT NULL,
  run INTEGER NOT NULL,
  task TEXT,
  execution TEXT,
  stream TEXT NOT NULL,
  type TEXT NOT NULL,
  actor TEXT NOT NULL,
  payload TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX events_stream ON events (stream);
CREATE INDEX events_execution ON events (execution) WHERE execution IS NOT NULL;

CREATE TABLE blobs (hash TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE chain (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  node TEXT NOT NULL,
  seq INTEGER NOT NULL,
  hlc TEXT,
  hash TEXT NOT NULL
) STRICT;
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  fence INTEGER NOT NULL,
  held INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  start_time TEXT NOT NULL,
  owner TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
