import { isPattern, isWithin, staticPrefix } from "./path-rule.js";

/** Directories no agent may ever write into, whatever the whitelist says (DESIGN §7). Lower case. */
const DENIED_DIRECTORIES = [
  ".git",
  ".worknode",
  ".github/workflows",
  ".github/actions",
  ".gitea/workflows",
  ".forgejo/workflows",
  ".ci",
  ".circleci",
  ".buildkite",
  ".woodpecker",
  ".teamcity",
  ".claude",
  ".cursor",
  ".codex",
  ".gemini",
  ".opencode",
  ".husky",
];

/** Single files of the same kind, at the repository's root. Lower case. */
const DENIED_FILES = new Set([
  ".gitlab-ci.yml",
  ".travis.yml",
  ".drone.yml",
  ".woodpecker.yml",
  ".cirrus.yml",
  "appveyor.yml",
  ".appveyor.yml",
  "azure-pipelines.yml",
  "bitbucket-pipelines.yml",
  "jenkinsfile",
  ".mcp.json",
  "opencode.json",
]);

/** Decides on a literal repository-relative path. `.git` counts at any depth, in any case. */
export type HardDeny = (path: string) => boolean;

/**
 * The hard deny of a loaded plan: client and CI settings, `.worknode/**`, `.git`, and `files`: the
 * plan, agent and tier-profile files in use. It holds before a path exists. Case is ignored.
 */
export function createHardDeny(files: readonly string[]): HardDeny {
  const named = new Set(files.map((file) => file.toLowerCase()));
  return (path) => {
    const lower = path.toLowerCase();
    if (named.has(lower) || DENIED_FILES.has(lower)) return true;
    if (lower.split("/").includes(".git")) return true;
    return DENIED_DIRECTORIES.some((directory) => isWithin(lower, directory));
  };
}

/** Whether everything a path or pattern can match is hard-denied, so that listing it allows nothing. */
export function isWhollyDenied(pattern: string, deny: HardDeny): boolean {
  if (!isPattern(pattern)) return deny(pattern);
  const prefix = staticPrefix(pattern);
  return prefix !== "" && deny(`${prefix}/x`);
}
