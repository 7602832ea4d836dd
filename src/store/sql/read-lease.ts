/** A lease by its name. */
export const readLease = "SELECT name, fence, held, pid, start_time, owner FROM leases WHERE name = ?";
