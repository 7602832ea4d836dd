/** Accepted events that have no number yet, in the order they came. */
export const listAccepted = "SELECT id, at, events FROM intake ORDER BY id";
