/** Asks people for an approval. */
export const insertApproval = `
INSERT INTO approvals (id, cycle, task, kind, proposal_hash, message, require, exclude, expires_at, requested_seq)
VALUES (@id, @cycle, @task, @kind, @proposal_hash, @message, @require, @exclude, @expires_at, @seq)
ON CONFLICT DO NOTHING
`;
