/** Counts that an issue's fix was applied, and whether it worked; 0 rows when there is no such issue. */
export const countFix = "UPDATE issues SET applied = applied + 1, worked = worked + @worked WHERE id = @id";
