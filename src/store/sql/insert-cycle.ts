/** Opens a cycle with status `planning` (S4:206). */
export const insertCycle = `
INSERT INTO cycles (number, plan_id, plan_hash, plan_path, title, instruction, branch, base_commit, opened_by, mode,
  inputs, status, started_seq, started_hlc)
VALUES (@cycle, @plan_id, @plan_hash, @plan_path, @title, @instruction, @branch, @base_commit, @opened_by, @mode,
  @inputs, 'planning', @seq, @hlc)
ON CONFLICT DO NOTHING
`;
