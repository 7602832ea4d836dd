/** Remembers the phase a cycle reached last. */
export const updateCyclePhase = "UPDATE cycles SET phase = @phase WHERE number = @cycle";
