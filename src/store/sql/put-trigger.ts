/** Keeps a trigger's definition. */
export const putTrigger = `
INSERT INTO triggers (name, kind, record, seq) VALUES (@name, @kind, @record, @seq)
ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, record = excluded.record, seq = excluded.seq
`;
