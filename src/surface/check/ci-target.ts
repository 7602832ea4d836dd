/** What the pull or merge request goes to that CI runs for. */
export function baseOfCi(env: NodeJS.ProcessEnv): string | undefined {
  const target = env["GITHUB_BASE_REF"] || undefined;
  if (target !== undefined) return `refs/remotes/origin/${target}`;
  return env["CI_MERGE_REQUEST_DIFF_BASE_SHA"] || undefined;
}
