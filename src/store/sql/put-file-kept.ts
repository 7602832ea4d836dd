/** Remembers the last kept change of a file in a cycle. */
export const putFileKept = `
INSERT INTO files_kept (cycle, path, task, kind, seq, hlc) VALUES (@cycle, @path, @task, @kind, @seq, @hlc)
ON CONFLICT (cycle, path) DO UPDATE SET task = excluded.task, kind = excluded.kind, seq = excluded.seq, hlc = excluded.hlc
`;
