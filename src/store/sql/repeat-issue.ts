/** Counts an error seen again; a fix once known stays known. */
export const repeatIssue = `
UPDATE issues SET count = count + 1, file = coalesce(@file, file), solution = coalesce(@solution, solution),
  resolved = max(resolved, @resolved), resolved_seq = coalesce(@resolved_seq, resolved_seq), cycle = @cycle, task = @task, seq = @seq, hlc = @hlc
WHERE fingerprint = @fingerprint
`;
