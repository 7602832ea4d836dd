/** The hash of an event. */
export const readEventHash = "SELECT hash FROM events WHERE seq = ?";
