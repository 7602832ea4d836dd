/** Notes that a process began to work on a cycle. */
export const insertSession = `INSERT INTO sessions (seq, cycle, pid, resumed, hlc) VALUES (@seq, @cycle, @pid, @resumed, @hlc)`;
