/** The problems a schema found, in one line: where and what. */
export function describeIssues(error: {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}): string {
  return error.issues.map(({ path, message }) => `${path.map(String).join(".") || "it"}: ${message}`).join("; ");
}
