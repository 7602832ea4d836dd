/** Closes an issue with what got rid of it; 0 rows when there is no such issue. */
export const resolveIssue = "UPDATE issues SET resolved = 1, solution = @solution, resolved_seq = @seq WHERE id = @id";
