import picomatch from "picomatch";

/**
 * Never written by an agent, whatever a whitelist says and whether or not the file exists: what steers
 * worknode itself, git, CI and the hooks of agent clients (DESIGN §7). Compared without case.
 */
const PATTERNS = [
  ".worknode",
  ".worknode/**",
  "**/.git",
  "**/.git/**",
  ".gitmodules",
  "**/.gitattributes",
  ".github/workflows/**",
  ".github/actions/**",
  ".gitlab-ci.yml",
  ".gitlab/**",
  ".circleci/**",
  ".buildkite/**",
  ".forgejo/**",
  ".gitea/**",
  ".woodpecker{.yml,.yaml,/**}",
  ".drone.{yml,yaml,star,jsonnet}",
  ".travis.yml",
  "appveyor.yml",
  ".appveyor.yml",
  "azure-pipelines*.{yml,yaml}",
  "bitbucket-pipelines.yml",
  "jenkinsfile*",
  ".cirrus.{yml,star}",
  "cloudbuild.{yml,yaml,json}",
  "buildspec.{yml,yaml}",
  ".teamcity/**",
  "**/.claude/settings*.json",
  "**/.claude/hooks/**",
  "**/.claude/{agents,commands,skills,plugins}/**",
  "**/.claude-plugin/**",
  "**/.mcp.json",
  "**/.cursor/**",
  "**/.cursorrules",
  "**/.windsurf/**",
  "**/.gemini/**",
  "**/.codex/**",
  "**/.opencode/**",
  "**/opencode.json",
  "**/.roo/**",
  "**/.vscode/{settings,tasks,mcp,launch}.json",
  "**/.husky/**",
  "**/.githooks/**",
  ".pre-commit-config.yaml",
  "{.,}lefthook{-local,}.{yml,yaml,toml,json}",
];

const matches = picomatch(PATTERNS, { dot: true, nocase: true });

/** Whether a repository-relative path is on the hard deny list or one of the files the run was loaded from. */
export function hardDenied(path: string, loaded: ReadonlySet<string>): boolean {
  return loaded.has(path) || loaded.has(path.toLowerCase()) || matches(path);
}

/** Whether a whitelist entry can only name files that are hard denied: such a rule matches nothing. */
export function onlyHardDenied(entry: string): boolean {
  return matches(entry);
}
