/** The acknowledged end of the chain: what the next event follows. */
export const readHead = "SELECT node, seq, hlc, hash FROM chain WHERE id = 1";
