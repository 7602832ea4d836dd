/** Keeps the record of an agent or a person (S3:180-193). */
export const putWorknode = `
INSERT INTO worknodes (id, record, seq) VALUES (@id, @record, @seq)
ON CONFLICT (id) DO UPDATE SET record = excluded.record, seq = excluded.seq
`;
