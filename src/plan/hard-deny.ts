import { isPattern } from "../capability/pattern.js";
import { isWithin, staticPrefix } from "./path-rule.js";

/**
 * Folders and files that the gate denies whatever a whitelist says (DESIGN §7). Only what a plan may
 * name by mistake: the gate's own list is longer and has the last word. Lower case.
 */
const FOLDERS = [
  ".git",
  ".worknode",
  ".github/workflows",
  ".github/actions",
  ".gitea",
  ".forgejo",
  ".gitlab",
  ".ci",
  ".circleci",
  ".buildkite",
  ".woodpecker",
  ".teamcity",
  ".husky",
  ".githooks",
  ".claude",
  ".cursor",
  ".codex",
  ".gemini",
  ".opencode",
  ".windsurf",
];
const FILES = [".gitlab-ci.yml", ".travis.yml", ".drone.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml"];
const MORE_FILES = ["jenkinsfile", "codeowners", ".mcp.json", ".gitmodules", ".gitattributes", ".envrc"];
const DENIED_FILES: ReadonlySet<string> = new Set([...FILES, ...MORE_FILES]);

/** Whether listing `entry` allows nothing: every path it names is denied. `files`: the plan and its agents' files. */
export function isHardDenied(entry: string, files: ReadonlySet<string>): boolean {
  const lower = entry.toLowerCase();
  if (isPattern(entry)) return FOLDERS.some((folder) => isWithin(staticPrefix(lower), folder));
  return files.has(lower) || DENIED_FILES.has(lower) || FOLDERS.some((folder) => isWithin(lower, folder));
}
