/** Where a team's policy is. */
export const POLICY_PATH = ".worknode/check.yaml";

/** Where `worknode install ci` puts the checker itself. It is a rule as well, and no code of the repository's. */
export const VENDORED_PATH = ".worknode/check.mjs";

/** Where it puts the job that runs it, for each forge: rules too. */
export const JOB_PATHS = { github: ".github/workflows/worknode.yml", gitlab: ".gitlab/worknode.yml" } as const;
