/** Keeps the latest plan deviation. */
export const updateCycleDeviation = "UPDATE cycles SET deviation = @value WHERE number = @cycle";
