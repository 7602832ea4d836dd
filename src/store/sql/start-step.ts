/** Starts a step of a task, or starts it again. */
export const startStep = `
INSERT INTO steps (cycle, task, step, kind, status, seq) VALUES (@cycle, @task, @step, @kind, 'started', @seq)
ON CONFLICT (cycle, task, step) DO UPDATE SET kind = excluded.kind, status = 'started', outputs = '{}', error = NULL,
  provide = NULL, seq = excluded.seq
`;
