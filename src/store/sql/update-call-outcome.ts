/** Keeps the gate's verdict on a call. */
export const updateCallOutcome = "UPDATE calls SET outcome = @outcome WHERE call_id = @call_id";
