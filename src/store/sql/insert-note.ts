/** Keeps a note. */
export const insertNote = `
INSERT INTO notes (seq, cycle, task, actor, text, paths, hlc) VALUES (@seq, @cycle, @task, @actor, @text, @paths, @hlc)
`;
