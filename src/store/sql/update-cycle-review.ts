/** Keeps the executive's decision on the plan. */
export const updateCycleReview = "UPDATE cycles SET review = @decision WHERE number = @cycle";
