/** Appends one event; the caller has read the head in the same transaction. */
export const insertEvent = `
INSERT INTO events (seq, hlc, node, run, task, execution, stream, type, actor, payload, prev_hash, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
`;
