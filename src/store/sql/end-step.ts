/** Ends a step of a task. */
export const endStep = `
INSERT INTO steps (cycle, task, step, kind, status, outputs, error, provide, seq)
VALUES (@cycle, @task, @step, 'agent', @status, @outputs, @error, @provide, @seq)
ON CONFLICT (cycle, task, step) DO UPDATE SET status = excluded.status, outputs = excluded.outputs, error = excluded.error,
  provide = excluded.provide, seq = excluded.seq
`;
