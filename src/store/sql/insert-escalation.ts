/** Hands something to the tier above. */
export const insertEscalation = `
INSERT INTO escalations (id, cycle, task, sender, recipient, reason, needs, seq)
VALUES (@id, @cycle, @task, @sender, @recipient, @reason, @needs, @seq)
ON CONFLICT (id) DO UPDATE SET recipient = excluded.recipient, reason = excluded.reason, needs = excluded.needs,
  seq = excluded.seq, action = NULL, resolved_by = NULL, resolution = NULL, agent = NULL
`;
