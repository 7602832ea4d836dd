/** A large text by its SHA-256. */
export const readBlob = "SELECT text FROM blobs WHERE hash = ?";
