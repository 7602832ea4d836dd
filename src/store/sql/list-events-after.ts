/** A page of events after a sequence number, in order. */
export const listEventsAfter = "SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?";
