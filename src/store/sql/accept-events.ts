/** Notes events that wait for their numbers: one row, one page of the write-ahead log. */
export const acceptEvents = "INSERT INTO intake (at, events) VALUES (?, ?)";
