/** Lets a lease go; 0 rows for a fence that has passed to another holder. */
export const releaseLease = "UPDATE leases SET held = 0 WHERE name = ? AND fence = ? AND held = 1";
