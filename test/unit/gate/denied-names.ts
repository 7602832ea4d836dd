/**
 * A name for every alternative of every pattern of the hard deny list, so that none can be taken off it without a test that
 * fails. `.git` itself is refused by the rules of paths before.
 */
const NAMES = `
.worknode .worknode/x .gitmodules .gitattributes

.hg/x .jj/x .sl/x .pijul/x .hg .jj .sl .pijul

.github/workflows/x .github/actions/x .github/hooks/x codeowners .gitlab-ci.yml .gitlab-ci.yaml .gitlab/x .ci/x
.circleci/x .buildkite/x .forgejo/x .gitea/x .woodpecker/x .teamcity/x .semaphore/x .tekton/x .woodpecker.yml
.woodpecker.yaml .woodpecker.json .travis.yml .travis.yaml .travis.json .appveyor.yml .appveyor.yaml .appveyor.json
appveyor.yml appveyor.yaml appveyor.json bitbucket-pipelines.yml bitbucket-pipelines.yaml bitbucket-pipelines.json
cloudbuild.yml cloudbuild.yaml cloudbuild.json buildspec.yml buildspec.yaml buildspec.json wercker.yml wercker.yaml
wercker.json .zuul.yml .zuul.yaml zuul.yml zuul.yaml .taskcluster.yml .taskcluster.yaml .vela.yml .vela.yaml
screwdriver.yml screwdriver.yaml amplify.yml amplify.yaml .onedev-buildspec.yml .onedev-buildspec.yaml .evergreen.yml
.evergreen.yaml .gocd.yml .gocd.yaml .harness/x .kokoro/x .pipelines/x .concourse/x .zuul.d/x zuul.d/x

.mergify.yml .mergify.yaml mergify.yml mergify.yaml .bulldozer.yml .bulldozer.yaml .policy.yml .policy.yaml .mergify/x
.kodiak.toml .github/settings.yml .github/settings.yaml .github/auto-merge.yml .github/auto-merge.yaml .drone.yml
.drone.yaml .drone.star .drone.jsonnet .cirrus.yml .cirrus.yaml .cirrus.star azure-pipelines-a.yml
azure-pipelines-a.yaml .azure-pipelines/x .azuredevops/x .builds/x .build.yml .build.yaml codemagic.yml codemagic.yaml
bitrise.yml bitrise.yaml jenkinsfile-a

.claude/x .claude-plugin/x .cursor/x .windsurf/x .gemini/x .codex/x .opencode/x .roo/x .kiro/x .amazonq/x .crush/x
.continue/x .qwen/x .junie/x .trae/x .augment/x .factory/x .kilocode/x .cline/x .clinerules/x .agents/x .agent/x
.copilot/x .openhands/x .goose/x .pi/x .rovodev/x .antigravity/x .aiassistant/x .claude.json .mcp.json .cursorrules
.windsurfrules .roomodes .clinerules opencode.json opencode.jsonc crush.json crush.jsonc .crush.json .crush.jsonc
.aider.conf.yml .aider.conf.yaml .vscode/settings.json .vscode/tasks.json .vscode/mcp.json .vscode/launch.json
a.code-workspace a.sublime-project .idea/x .zed/x .fleet/x .helix/x .idx/x .codesandbox/x .vs/x .nova/x .theia/x
.lapce/x .gitpod.yml .replit .stackblitzrc .gitpod.yaml .nvim.lua .nvimrc .exrc .vimrc .lvimrc .devcontainer/x
.devcontainer.json

.husky/x .githooks/x .git-hooks/x .lefthook/x .cargo-husky/x .pre-commit-config.yml .pre-commit-config.yaml
pre-commit-config.yml pre-commit-config.yaml .pre-commit-hooks.yml .pre-commit-hooks.yaml .lefthook-local.yml
.lefthook-local.yaml .lefthook-local.toml .lefthook-local.json .lefthook.yml .lefthook.yaml .lefthook.toml
.lefthook.json lefthook-local.yml lefthook-local.yaml lefthook-local.toml lefthook-local.json lefthook.yml
lefthook.yaml lefthook.toml lefthook.json .overcommit.yml .simple-git-hooks.json .simple-git-hooks.js
.simple-git-hooks.cjs .simple-git-hooks.mjs simple-git-hooks.json simple-git-hooks.js simple-git-hooks.cjs
simple-git-hooks.mjs .hk.local.pkl .hk.pkl hk.local.pkl hk.pkl .prek.toml prek.toml .rusty-hook.toml captainhook.json
.envrc .mise.a.toml .mise.toml mise.a.toml mise.toml .mise/x .config/mise/x .autoenv .autoenv.zsh .autoenv_leave.zsh
.autoenv.leave
`;

/** Those names, none twice. */
export const DENIED_NAMES: readonly string[] = [...new Set(NAMES.trim().split(/\s+/))];
