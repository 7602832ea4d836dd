/** Keeps a large text once, by its SHA-256. */
export const insertBlob = "INSERT INTO blobs (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING";
