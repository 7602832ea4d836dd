/** Keeps a notice to the executive. */
export const insertAlert = `
INSERT INTO alerts (seq, cycle, task, severity, message, recipient, key, hlc)
VALUES (@seq, @cycle, @task, @severity, @message, @recipient, @key, @hlc)
`;
