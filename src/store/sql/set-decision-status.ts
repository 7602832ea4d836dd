/** Changes how a decision stands, in its record. */
export const setDecisionStatus = "UPDATE decisions SET record = json_set(record, '$.status', @status) WHERE id = @id";
