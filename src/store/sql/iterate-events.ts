/** Events after a sequence number, in order. */
export const iterateEvents = "SELECT * FROM events WHERE seq > ? ORDER BY seq";
