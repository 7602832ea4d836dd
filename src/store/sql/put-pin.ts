/** Pins a record; one that is pinned stays where it was. */
export const putPin = "INSERT INTO pins (id, seq) VALUES (@id, @seq) ON CONFLICT DO NOTHING";
