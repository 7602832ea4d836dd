import { compileWriteSet } from "../capability/write-set.js";
import { foldName } from "./path.js";

/**
 * Never written by an agent, whatever a whitelist says and whether or not the file exists: what steers
 * worknode itself, git, CI and review, and what agent clients and editors run or obey without asking
 * (DESIGN §7). All lower case, because paths are compared without it.
 */
const PATTERNS = [
  // worknode and git
  "**/.worknode",
  "**/.worknode/**",
  "**/.git",
  "**/.git/**",
  "**/.gitmodules",
  "**/.gitattributes",
  // other systems' repositories, whose settings run programs where anybody asks for a status
  "**/{.hg,.jj,.sl,.pijul}/**",
  "**/{.hg,.jj,.sl,.pijul}",
  // CI, and who must review what
  "**/.github/{workflows,actions,hooks}/**",
  "**/codeowners",
  "**/.gitlab-ci.{yml,yaml}",
  "**/.gitlab/**",
  "**/{.ci,.circleci,.buildkite,.forgejo,.gitea,.woodpecker,.teamcity,.semaphore,.tekton}/**",
  "**/{.woodpecker,.travis,.appveyor,appveyor,bitbucket-pipelines,cloudbuild,buildspec,wercker}.{yml,yaml,json}",
  "**/.drone.{yml,yaml,star,jsonnet}",
  "**/.cirrus.{yml,yaml,star}",
  "**/azure-pipelines*.{yml,yaml}",
  "**/{.azure-pipelines,.azuredevops,.builds}/**",
  "**/{.build,codemagic,bitrise}.{yml,yaml}",
  "**/jenkinsfile*",
  // hooks and settings of agent clients and editors
  "**/{.claude,.claude-plugin,.cursor,.windsurf,.gemini,.codex,.opencode,.roo,.kiro,.amazonq,.crush,.continue}/**",
  "**/{.qwen,.junie,.trae,.augment,.factory,.kilocode,.cline,.clinerules}/**",
  "**/.claude.json",
  "**/.mcp.json",
  "**/{.cursorrules,.windsurfrules,.roomodes,.clinerules}",
  "**/{opencode,crush,.crush}.{json,jsonc}",
  "**/.aider.conf.{yml,yaml}",
  "**/.vscode/{settings,tasks,mcp,launch}.json",
  "**/*.code-workspace",
  "**/{.idea,.zed,.fleet,.helix,.idx,.codesandbox}/**",
  "**/{.gitpod.{yml,yaml},.replit,.stackblitzrc}",
  "**/{.nvim.lua,.nvimrc,.exrc,.vimrc,.lvimrc}",
  "**/.devcontainer/**",
  "**/.devcontainer.json",
  // git hooks kept in the repository, and what starts on entering the folder
  "**/{.husky,.githooks,.lefthook}/**",
  "**/{.,}pre-commit-config.{yml,yaml}",
  "**/.pre-commit-hooks.{yml,yaml}",
  "**/{.,}lefthook{-local,}.{yml,yaml,toml,json}",
  "**/.overcommit.yml",
  "**/.envrc",
];

const denied = compileWriteSet(PATTERNS);

/**
 * Whether a repository-relative path is on the hard deny list or one of the files the run was loaded
 * from (plan, agents, capabilities). Case, width and invisible characters do not matter.
 */
export function hardDenied(path: string, loadedFiles: ReadonlySet<string>): boolean {
  const folded = foldName(path);
  return denied.has(folded) || loadedFiles.has(path) || isLoaded(folded, loadedFiles);
}

const foldedSets = new WeakMap<ReadonlySet<string>, { readonly size: number; readonly names: ReadonlySet<string> }>();

function isLoaded(folded: string, loadedFiles: ReadonlySet<string>): boolean {
  let known = foldedSets.get(loadedFiles);
  if (known?.size !== loadedFiles.size) {
    known = { size: loadedFiles.size, names: new Set([...loadedFiles].map(foldName)) };
    foldedSets.set(loadedFiles, known);
  }
  return known.names.has(folded);
}

/** Whether a whitelist entry names a hard denied file, or only such files: the rule matches nothing. */
export function onlyHardDenied(entry: string): boolean {
  return denied.has(foldName(entry));
}
