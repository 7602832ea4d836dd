/** Raises the project's epoch; it never falls. */
export const raiseEpoch = `INSERT INTO authority (id, epoch) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET epoch = max(epoch, excluded.epoch)`;
