/** Keeps a denied attempt to reach outside a capability. */
export const insertViolation = `
INSERT INTO violations (seq, cycle, task, call_id, code, rule, subject, object, message, remedy, hlc)
VALUES (@seq, @cycle, @task, @call_id, @code, @rule, @subject, @object, @message, @remedy, @hlc)
`;
