/** A page of the events tables are made from, behind a sequence number, in order. */
export const selectReplayEvents = `
SELECT * FROM events
WHERE seq > @cursor AND type IN (SELECT value FROM json_each(@types))
ORDER BY seq LIMIT @limit
`;
