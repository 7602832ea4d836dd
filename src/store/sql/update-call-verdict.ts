/** Keeps the gate's verdict on a call. */
export const updateCallVerdict = `
UPDATE executions SET verdict = @outcome WHERE id = @id
`;
