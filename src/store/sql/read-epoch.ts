/** The project's epoch; no row before the first kill. */
export const readEpoch = "SELECT epoch FROM authority WHERE id = 1";
