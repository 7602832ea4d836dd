/** Drops what has its numbers now. */
export const dropAccepted = "DELETE FROM intake WHERE id <= ?";
