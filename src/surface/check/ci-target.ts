/** What the pull or merge request goes to that CI runs for: the branch as it is now, whose rules hold. */
export function baseOfCi(env: NodeJS.ProcessEnv): string | undefined {
  const target = env["GITHUB_BASE_REF"] || env["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"];
  return target ? `refs/remotes/origin/${target}` : undefined;
}
