/** Revokes a capability id. */
export const insertRevocation = "INSERT INTO revocations (id, reason) VALUES (?, ?) ON CONFLICT (id) DO NOTHING";
