/** Adds a task of a cycle in plan order. */
export const insertTask = `
INSERT INTO tasks (cycle, id, position, title, phase, owner, status, estimate, needs, files, touched_seq)
VALUES (@cycle, @id, @position, @title, @phase, @owner, 'PENDING', @estimate, @needs, @files, @seq)
ON CONFLICT DO NOTHING
`;
