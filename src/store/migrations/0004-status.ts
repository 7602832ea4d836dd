/** An index for what the status counts. */
export const statusSchema = `
CREATE INDEX executions_ended ON executions (cycle) WHERE ended_seq IS NOT NULL;
`;
