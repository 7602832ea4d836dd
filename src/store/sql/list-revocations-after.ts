/** Revoked ids behind a position, in order. */
export const listRevocationsAfter = "SELECT position, id FROM revocations WHERE position > ? ORDER BY position";
