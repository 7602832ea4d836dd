import { describe, expect, it } from "vitest";
import { judgeEffects } from "../../../src/gate/effects.js";
import type { EffectFacts } from "../../../src/gate/facts.js";
import { hardDenied, onlyHardDenied } from "../../../src/gate/hard-deny.js";
import { judge } from "../../../src/gate/judge.js";
import { DENIED_NAMES } from "./denied-names.js";
import { capabilityWith, factsWith, propose, writeOf } from "./samples.js";

const loaded = new Set(["plans/Release.yaml", "agents/implementer.md"]);

describe("the hard deny list", () => {
  it.each([
    ".worknode/worknode.db",
    ".worknode/plans/a.yaml",
    ".WorkNode/agents/x.md",
    ".worknode",
    ".git/config",
    "sub/.git",
    ".gitmodules",
    ".gitattributes",
    ".github/workflows/ci.yml",
    ".GITHUB/Workflows/ci.yml",
    ".github/actions/build/action.yml",
    ".github/CODEOWNERS",
    "CODEOWNERS",
    ".gitlab-ci.yml",
    ".gitlab/ci/build.yml",
    ".circleci/config.yml",
    ".ci/run",
    ".azure-pipelines/build.yml",
    ".builds/debian.yml",
    "codemagic.yaml",
    "gen/.hg/hgrc",
    ".jj/repo/config.toml",
    ".helix/languages.toml",
    ".idx/dev.nix",
    ".replit",
    ".clinerules",
    "sub/.qwen/settings.json",
    "Jenkinsfile",
    "Jenkinsfile.release",
    "azure-pipelines.yml",
    "azure-pipelines-nightly.yaml",
    "bitbucket-pipelines.yml",
    ".buildkite/pipeline.yml",
    ".drone.yml",
    ".travis.yml",
    "appveyor.yml",
    ".appveyor.yml",
    ".cirrus.yml",
    ".woodpecker.yml",
    ".woodpecker/build.yml",
    "cloudbuild.yaml",
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".CLAUDE/Settings.local.json",
    ".claude/hooks/pre.sh",
    ".claude/agents/a.md",
    "packages/a/.claude/settings.json",
    ".mcp.json",
    ".cursor/mcp.json",
    ".cursor/rules/x.mdc",
    ".cursorrules",
    ".windsurf/x",
    ".gemini/settings.json",
    ".codex/config.toml",
    ".opencode/x",
    "opencode.jsonc",
    "crush.json",
    ".crush.json",
    ".aider.conf.yml",
    ".vscode/settings.json",
    ".vscode/tasks.json",
    "project.code-workspace",
    ".devcontainer/devcontainer.json",
    ".husky/pre-commit",
    ".husky/_/husky.sh",
    ".githooks/pre-push",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    ".lefthook.yml",
    "lefthook-local.yml",
    ".lefthook/pre-commit/x.sh",
    ".envrc",
    ".h\u200cusky/pre-commit",
    ".cl\uff41ude/settings.json",
    "plans/Release.yaml",
    "plans/release.yaml",
    "AGENTS/implementer.md",
  ])("names %s", (path) => {
    expect(hardDenied(path, loaded)).toBe(true);
  });

  it.each([
    "src/index.ts",
    ".gitignore",
    ".github/ISSUE_TEMPLATE/bug.md",
    ".vscode/extensions.json",
    "src/claude/settings.json",
    "src/husky/x.ts",
    "docs/jenkins.md",
    "plans/other.yaml",
    "CLAUDE.md",
    "AGENTS.md",
    "src/workflows/ci.yml",
    "src/.github.ts",
    "package.json",
  ])("leaves %s to the whitelist", (path) => {
    expect(hardDenied(path, loaded)).toBe(false);
  });

  it.each(["gen/.mcp.json:x", "gen/.mcp.json::$DATA", ".husky:x/pre-commit", "gen/.mcp.json\uff1ax"])(
    "names %s, which is such a file where files have streams",
    (path) => expect(hardDenied(path, loaded)).toBe(true),
  );

  it("leaves other names with a colon to the whitelist", () => {
    for (const path of ["src/a:b.ts", ":src/a", "src/:.mcp.json"]) expect(hardDenied(path, loaded)).toBe(false);
  });

  it.each(DENIED_NAMES)("names %s, at the top and below, and refuses it by Write, by Edit and to a command", (name) => {
    const capability = capabilityWith({ write: ["**", "gen/**"] });
    expect(hardDenied(name, new Set())).toBe(true);
    const path = `gen/${name}`;
    const by = { capability, before: "y\n" };
    const { proposal, facts } = writeOf(path, "x\n", by);
    const edit = propose("Edit", { file_path: path, old_string: "y", new_string: "x" }, capability);
    for (const one of [proposal, edit]) expect(judge(one, facts).denials[0]?.rule).toBe("hard-deny");
    const command = propose("Bash", { command: "true" }, capability);
    const change = { path, kind: "add", before: null, after: "a" } as const;
    const effects: EffectFacts = {
      proposal: command,
      facts: factsWith({ paths: facts.paths }, capability),
      changes: [change],
      images: facts.images,
      modes: new Map([[path, 0o644]]),
      isScratch: () => true,
    };
    expect(judgeEffects(effects).refused.map(({ rule }) => rule)).toEqual(["hard-deny"]);
  });

  it("notices a file that is loaded later", () => {
    const growing = new Set(["plans/a.yaml"]);
    expect(hardDenied("plans/B.yaml", growing)).toBe(false);
    growing.add("plans/b.yaml");
    expect(hardDenied("plans/B.yaml", growing)).toBe(true);
  });

  it("tells a whitelist entry that can match nothing", () => {
    expect(onlyHardDenied(".github/workflows/**")).toBe(true);
    expect(onlyHardDenied(".worknode/**")).toBe(true);
    expect(onlyHardDenied("src/**")).toBe(false);
    expect(onlyHardDenied("**")).toBe(false);
  });
});
