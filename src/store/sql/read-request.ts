/** A request by its id. */
export const readRequest = "SELECT * FROM requests WHERE request = ?";
