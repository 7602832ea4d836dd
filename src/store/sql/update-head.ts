/** Moves the acknowledged end of the chain: seq, stamp, hash. */
export const updateHead = "UPDATE chain SET seq = ?, hlc = ?, hash = ? WHERE id = 1";
