/** Moves a cycle to another status. */
export const updateCycleStatus = "UPDATE cycles SET status = @status WHERE number = @cycle";
