import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { branchy, check, checkReport, namesOf } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

const POLICY = ".worknode/check.yaml";
const ENFORCE = "version: 1\nmode: enforce\n";
const open: Repo[] = [];
function repository(files: Record<string, string> = {}): Repo {
  const repo = makeRepo({ "src/a.ts": branchy("a", 3), [POLICY]: ENFORCE, ...files });
  open.push(repo);
  repo.git("switch", "-q", "-C", "change");
  return repo;
}
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

function commit(repo: Repo, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) repo.write(path, text);
  repo.git("add", "-A");
  repo.git("commit", "-q", "-m", "change");
}

const plan = (write: string): string => `apiVersion: worknode/v1
kind: Plan
id: p
title: P
phases: [{ id: only, tasks: [{ id: T1, title: One, owner: implementer, files: { write: ["${write}"] }, verify: { test: [node, t.mjs] } }] }]
waivers: [{ rule: coverage, tasks: [T1], reason: none }]
`;

describe("rules are read from the base", () => {
  it("by whatever links a file of the checkout is named", async () => {
    const repo = repository({ "plan.yaml": plan("src/a.ts") });
    commit(repo, { "plan.yaml": plan("**"), "other.md": "o\n" });
    const link = join(repo.dir, "../link");
    symlinkSync(repo.dir, link);
    for (const path of ["plan.yaml", join(repo.dir, "plan.yaml"), join(link, "plan.yaml")])
      expect(namesOf(await checkReport(repo, "--base", "main", "--plan", path)), path).toEqual([
        "file-whitelist other.md:1",
        "rules-changed plan.yaml:1",
      ]);
  });

  it("also where the policy names a file of the checkout from the root of the disk", async () => {
    const repo = repository({ "plan.yaml": plan("src/a.ts") });
    repo.git("switch", "-q", "main");
    const lines = ["plan.yaml", "keys.pem"].map((name) => join(repo.dir, name));
    commit(repo, { [POLICY]: `${ENFORCE}plan: ${lines[0]}\ntrust: ${lines[1]}\n` });
    repo.git("switch", "-q", "-C", "change");
    commit(repo, { "plan.yaml": plan("**"), "keys.pem": "k\n", "other.md": "o\n" });
    expect(namesOf(await checkReport(repo, "--base", "main"))).toEqual([
      "rules-changed keys.pem:1",
      "file-whitelist other.md:1",
      "rules-changed plan.yaml:1",
    ]);
  });

  it("by a look at the whole tree too, where CI names the base; what changed of them is told", async () => {
    const repo = repository();
    const entry = { rule: "max-complexity", file: "src/a.ts", function: "a", count: 1, figure: 99 };
    const baseline = JSON.stringify({ version: 1, entries: [entry] });
    commit(repo, { "src/a.ts": branchy("a", 9), ".worknode/check-baseline.json": baseline });
    expect((await check(repo, "--all")).code).toBe(0);
    repo.git("update-ref", "refs/remotes/origin/main", "main");
    repo.env["GITHUB_BASE_REF"] = "main";
    const report = await checkReport(repo, "--all");
    expect(report.exit_code).toBe(6);
    expect(namesOf(report)).toEqual(["rules-changed .worknode/check-baseline.json:1", "max-complexity src/a.ts:2"]);
  });

  it("and hold for the job that checks", async () => {
    const repo = repository({ ".github/workflows/worknode.yml": "on: pull_request\n" });
    commit(repo, { ".github/workflows/worknode.yml": "on: []\n", ".gitlab/worknode.yml": "x: 1\n" });
    const report = await checkReport(repo, "--base", "main");
    expect(report.exit_code).toBe(6);
    expect(namesOf(report)).toEqual([
      "rules-changed .github/workflows/worknode.yml:1",
      "rules-changed .gitlab/worknode.yml:1",
    ]);
  });

  it("and hold for whatever starts the check on the base: a job of one's own, a hook, an include", async () => {
    const repo = repository({
      ".github/workflows/ci.yml": "jobs: { check: { steps: [{ uses: owner/worknode@0123 }] } }\n",
      ".gitlab-ci.yml": "include: .gitlab/worknode.yml\n",
      ".husky/pre-push": "npx worknode check --hook pre-push\n",
      ".github/workflows/release.yml": "on: push\n",
    });
    commit(repo, {
      ".github/workflows/ci.yml": "jobs: {}\n",
      ".gitlab-ci.yml": "x: 1\n",
      ".husky/pre-push": "true\n",
      ".github/workflows/release.yml": "on: []\n",
      "worknode.md": "worknode\n",
    });
    const report = await checkReport(repo, "--base", "main");
    expect(report.exit_code).toBe(6);
    expect(namesOf(report)).toEqual([
      "rules-changed .github/workflows/ci.yml:1",
      "rules-changed .gitlab-ci.yml:1",
      "rules-changed .husky/pre-push:1",
    ]);
  });

  it("as it is now: what it leaves out may have come after the change left it", async () => {
    const repo = repository();
    commit(repo, { "src/a.ts": branchy("a", 4) });
    repo.git("switch", "-q", "main");
    commit(repo, { [POLICY]: `${ENFORCE}exclude: [gen/**]\n`, "gen/x.ts": "export {};\n" });
    repo.git("switch", "-q", "change");
    expect((await check(repo, "--base", "main")).code).toBe(0);
    repo.git("switch", "-q", "main");
    commit(repo, { [POLICY]: `${ENFORCE}exclude: [gone/**]\n` });
    repo.git("switch", "-q", "change");
    expect((await check(repo, "--base", "main")).code).toBe(2);
  });
});
