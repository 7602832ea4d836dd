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
  "**/{.zuul,zuul,.taskcluster,.vela,screwdriver,amplify,.onedev-buildspec,.evergreen,.gocd}.{yml,yaml}",
  "**/{.harness,.kokoro,.pipelines,.concourse,.zuul.d,zuul.d}/**",
  // what merges by itself, and what the repository's host is told to allow
  "**/{.mergify,mergify,.bulldozer,.policy}.{yml,yaml}",
  "**/.mergify/**",
  "**/.kodiak.toml",
  "**/.github/{settings,auto-merge}.{yml,yaml}",
  "**/.drone.{yml,yaml,star,jsonnet}",
  "**/.cirrus.{yml,yaml,star}",
  "**/azure-pipelines*.{yml,yaml}",
  "**/{.azure-pipelines,.azuredevops,.builds}/**",
  "**/{.build,codemagic,bitrise}.{yml,yaml}",
  "**/jenkinsfile*",
  // hooks and settings of agent clients and editors
  "**/{.claude,.claude-plugin,.cursor,.windsurf,.gemini,.codex,.opencode,.roo,.kiro,.amazonq,.crush,.continue}/**",
  "**/{.qwen,.junie,.trae,.augment,.factory,.kilocode,.cline,.clinerules}/**",
  "**/{.agents,.agent,.copilot,.openhands,.goose,.pi,.rovodev,.antigravity,.aiassistant}/**",
  "**/.claude.json",
  "**/.mcp.json",
  "**/{.cursorrules,.windsurfrules,.roomodes,.clinerules}",
  "**/{opencode,crush,.crush}.{json,jsonc}",
  "**/.aider.conf.{yml,yaml}",
  "**/.vscode/{settings,tasks,mcp,launch}.json",
  "**/*.{code-workspace,sublime-project}",
  "**/{.idea,.zed,.fleet,.helix,.idx,.codesandbox,.vs,.nova,.theia,.lapce}/**",
  "**/{.gitpod.{yml,yaml},.replit,.stackblitzrc}",
  "**/{.nvim.lua,.nvimrc,.exrc,.vimrc,.lvimrc}",
  "**/.devcontainer/**",
  "**/.devcontainer.json",
  // git hooks kept in the repository, and what starts on entering the folder
  "**/{.husky,.githooks,.git-hooks,.lefthook,.cargo-husky}/**",
  "**/{.,}pre-commit-config.{yml,yaml}",
  "**/.pre-commit-hooks.{yml,yaml}",
  "**/{.,}lefthook{-local,}.{yml,yaml,toml,json}",
  "**/.overcommit.yml",
  "**/{.,}simple-git-hooks.{json,js,cjs,mjs}",
  "**/{.,}hk{.local,}.pkl",
  "**/{.,}prek.toml",
  "**/{.rusty-hook.toml,captainhook.json}",
  "**/.envrc",
  "**/{.,}mise{.*,}.toml",
  "**/{.mise,.config/mise}/**",
  "**/{.autoenv,.autoenv.zsh,.autoenv_leave.zsh,.autoenv.leave}",
];

const denied = compileWriteSet(PATTERNS);

/**
 * Whether a repository-relative path is on the hard deny list or one of the files the run was loaded
 * from (plan, agents, capabilities). Case, width and invisible characters do not matter, nor what
 * file systems with streams read of a name behind its colon.
 */
export function hardDenied(path: string, loadedFiles: ReadonlySet<string>): boolean {
  const name = foldName(path);
  const folded = name.includes(":") ? name.replace(STREAM, "") : name;
  return denied.has(folded) || loadedFiles.has(path) || isLoaded(folded, loadedFiles);
}

/** `a:b` and `a::$DATA` are the file `a` there. */
const STREAM = /(?<=[^/]):[^/]*/g;

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
