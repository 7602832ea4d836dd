/** Unpins a record. */
export const dropPin = "DELETE FROM pins WHERE id = @id";
