/** Gives a lease to a holder with the next fence. */
export const takeLease = `
INSERT INTO leases (name, fence, held, pid, start_time, owner) VALUES (@name, 1, 1, @pid, @start_time, @owner)
ON CONFLICT (name) DO UPDATE SET fence = fence + 1, held = 1, pid = excluded.pid, start_time = excluded.start_time,
  owner = excluded.owner
`;
