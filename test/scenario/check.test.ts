import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadMeasures } from "../../src/crew/state/grammars.js";
import { runCheck } from "../../src/surface/check/run-check.js";
import { branchy, check, checkReport, namesOf } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

const open: Repo[] = [];
function repository(files: Record<string, string> = {}): Repo {
  const repo = makeRepo({ "src/a.ts": branchy("a", 3), "src/old.ts": branchy("old", 12), ...files });
  open.push(repo);
  return repo;
}
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

/** Commits files on a branch of their own. */
function change(repo: Repo, files: Record<string, string | null>): void {
  repo.git("switch", "-q", "-C", "change");
  for (const [path, text] of Object.entries(files)) {
    if (text === null) repo.git("rm", "-q", path);
    else repo.write(path, text);
  }
  repo.git("add", "-A");
  repo.git("commit", "-q", "-m", "change");
}

const ENFORCE = "version: 1\nmode: enforce\n";

describe("without a policy", () => {
  it("observes: tells what it found, exits 0, and never says passed", async () => {
    const repo = repository();
    change(repo, { "src/a.ts": branchy("a", 9) });
    const { code, out } = await check(repo, "--base", "main");
    expect(code).toBe(0);
    expect(out).toContain("src/a.ts:2: note max-complexity: Function complexity 9 exceeds agent limit 8 [9, limit 8]");
    expect(out).toContain("fix: Split a into functions of complexity at most 8.");
    expect(out).toMatch(/observed, not enforced; 1 error\(s\).*checked 1 file\(s\), 1 function\(s\), 6 line\(s\)/);
    expect(out).not.toContain("passed");
    expect((await check(repo, "--base", "main", "--mode", "warn")).out).toContain(": warning max-complexity");
  });

  it("fails what the change broke, and nothing that was there before", async () => {
    const repo = repository();
    change(repo, {
      "src/old.ts": `${branchy("old", 12)}// touched\n`,
      "src/a.ts": `// eslint-disable-next-line complexity\n${branchy("a", 3)}`,
      "src/b.ts": branchy("b", 9),
    });
    const report = await checkReport(repo, "--base", "main", "--mode", "enforce");
    expect(report).toMatchObject({ outcome: "failed", exit_code: 4 });
    expect(namesOf(report)).toEqual(["no-suppression src/a.ts:1", "max-complexity src/b.ts:2"]);
  });

  it("passes honest work, and code that merely moved", async () => {
    const repo = repository();
    change(repo, { "src/old.ts": null, "src/moved.ts": branchy("old", 12), "src/a.ts": branchy("a", 8) });
    const report = await checkReport(repo, "--base", "main", "--mode", "enforce");
    expect(report).toMatchObject({ outcome: "passed", exit_code: 0, findings: [] });
    expect(report.checked).toMatchObject({ files: 3, functions: 1 });
  });

  it("finds code that was copied from a file the change does not touch, as the gate does", async () => {
    const repo = repository();
    change(repo, { "src/copy.ts": branchy("copied", 12) });
    expect((await checkReport(repo, "--base", "main", "--mode", "enforce")).findings).toEqual([]);
  });

  it("judges what is staged, and no other file of the checkout", async () => {
    const repo = repository();
    repo.write("src/a.ts", branchy("a", 9));
    repo.git("add", "-A");
    repo.write("src/a.ts", branchy("a", 3));
    repo.write("src/loose.ts", branchy("loose", 20));
    const report = await checkReport(repo, "--staged", "--mode", "enforce");
    expect(report).toMatchObject({ scope: "staged", exit_code: 4 });
    expect(namesOf(report)).toEqual(["max-complexity src/a.ts:2"]);
  });

  it("reads files with CRLF, and takes a change of line ends for none", async () => {
    const repo = repository();
    change(repo, {
      "src/old.ts": branchy("old", 12).replaceAll("\n", "\r\n"),
      "src/c.ts": branchy("c", 9).replaceAll("\n", "\r\n"),
    });
    expect(namesOf(await checkReport(repo, "--base", "main", "--mode", "enforce"))).toEqual([
      "max-complexity src/c.ts:2",
    ]);
  });

  it("finds the base by itself: CI's variables first, then the upstream", async () => {
    const repo = repository();
    repo.git("update-ref", "refs/remotes/origin/main", "main");
    change(repo, { "src/b.ts": branchy("b", 9) });
    expect((await check(repo)).err).toContain("Name the base with --base");
    repo.env["GITHUB_BASE_REF"] = "main";
    expect(namesOf(await checkReport(repo))).toEqual(["max-complexity src/b.ts:2"]);
    delete repo.env["GITHUB_BASE_REF"];
    repo.env["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"] = "main";
    expect(namesOf(await checkReport(repo))).toEqual(["max-complexity src/b.ts:2"]);
  });
});

describe("the rules come from the base", () => {
  it("reads the policy there, so that a change cannot loosen it for itself", async () => {
    const repo = repository({ ".worknode/check.yaml": `${ENFORCE}approvers: [ana]\n` });
    change(repo, { ".worknode/check.yaml": "version: 1\nmode: observe\n", "src/b.ts": branchy("b", 9) });
    const report = await checkReport(repo, "--base", "main");
    expect(report).toMatchObject({ mode: "enforce", exit_code: 6 });
    expect(namesOf(report)).toEqual(["rules-changed .worknode/check.yaml:1", "max-complexity src/b.ts:2"]);
    const byOther = await checkReport(repo, "--base", "main", "--approved-by", "bob");
    expect(byOther.exit_code).toBe(6);
    const approved = await checkReport(repo, "--base", "main", "--approved-by", "ana");
    expect(approved.exit_code).toBe(4);
    expect(approved.notes.join()).toContain("approved by ana (claimed)");
  });

  it("says so when the new policy could not be used, whoever approves it", async () => {
    const repo = repository({ ".worknode/check.yaml": ENFORCE });
    change(repo, { ".worknode/check.yaml": "version: 2\n" });
    const report = await checkReport(repo, "--base", "main", "--approved-by", "ana");
    expect(report.exit_code).toBe(6);
    expect(report.findings[0]?.message).toContain(".worknode/check.yaml:1:10");
  });

  it("takes limits, languages, severities and what is left out from the policy", async () => {
    const policy = `${ENFORCE}limits: { maxComplexity: 4 }\nlanguages: [typescript]\nexclude: [gen/**]\nseverities: { no-suppression: warning }\n`;
    const repo = repository({ ".worknode/check.yaml": policy, "gen/x.ts": "export const x = 1;\n" });
    change(repo, {
      "src/a.ts": `// @ts-ignore\n${branchy("a", 5)}`,
      "gen/x.ts": branchy("x", 30),
      "src/p.py": "def p(n):\n" + "    if n: return 1\n".repeat(9),
    });
    const report = await checkReport(repo, "--base", "main");
    expect(namesOf(report)).toEqual(["no-suppression src/a.ts:1", "max-complexity src/a.ts:3"]);
    expect(report.findings.map(({ severity }) => severity)).toEqual(["warning", "error"]);
    expect(report.checked).toMatchObject({ files: 3, left_out: 2, functions: 1 });
  });

  it.each([
    ["paths", "exclude: [src/**]\n", { "src/a.ts": branchy("a", 9) }, "left out by the policy: src/a.ts"],
    ["languages", "languages: [python]\n", { "src/a.ts": branchy("a", 9) }, "left out by the policy: src/a.ts"],
    ["submodules", "severities: { submodule: off }\n", {}, ""],
  ])("does not pass what it leaves out whole, exit 4, and names it: %s", async (what, policy, files, note) => {
    const repo = repository({ ".worknode/check.yaml": `${ENFORCE}${policy}` });
    repo.git("switch", "-q", "-C", "change");
    if (what === "submodules")
      repo.git("update-index", "--add", "--cacheinfo", `160000,${repo.git("rev-parse", "HEAD").trim()},lib`);
    for (const [path, text] of Object.entries(files)) repo.write(path, text);
    repo.git("add", "src");
    repo.git("commit", "-q", "-m", "change");
    const left = await checkReport(repo, "--base", "main");
    expect(left).toMatchObject({
      outcome: "unjudged",
      exit_code: 4,
      notes: note === "" ? [] : [note],
      checked: { files: 1, left_out: 1 },
    });
    expect(namesOf(left)).toEqual(["nothing-judged :1"]);
    expect((await check(repo, "--base", "main")).out).toContain(
      "worknode check: NOTHING JUDGED, as all of it is left out;",
    );
    for (const mode of ["observe", "warn"])
      expect((await check(repo, "--base", "main", "--mode", mode)).code, mode).toBe(0);
    repo.write("b.md", "b\n");
    repo.git("add", "b.md");
    repo.git("commit", "-q", "-m", "more");
    expect(await checkReport(repo, "--base", "main")).toMatchObject({
      outcome: "passed",
      exit_code: 0,
      notes: left.notes,
    });
  });

  it("lets no policy soften that nothing was judged", async () => {
    const repo = repository({ ".worknode/check.yaml": `${ENFORCE}severities: { nothing-judged: off }\n` });
    change(repo, { "b.md": "b\n" });
    const err = expect.stringContaining("there is no rule of this name");
    expect(await check(repo, "--base", "main")).toMatchObject({ code: 2, err });
  });

  it("says passed of no change by people where agents alone are judged, and judges it where who did it is not known", async () => {
    const repo = repository({ ".worknode/check.yaml": `${ENFORCE}appliesTo: agents\n` });
    change(repo, { "src/a.ts": branchy("a", 9) });
    const people = await check(repo, "--base", "main");
    expect(people.code).toBe(0);
    expect(people.out).toContain("worknode check: not judged, as no commit is taken for an agent's;");
    expect(people.out).not.toContain("passed");
    const old = repo.git("rev-parse", "change").trim();
    repo.git("switch", "-q", "main");
    change(repo, { "src/b.ts": branchy("b", 9) });
    repo.git("switch", "-q", "main");
    repo.git("reset", "-q", "--hard", "change~1");
    repo.write("src/old.ts", branchy("old", 13));
    repo.git("commit", "-q", "-am", "by a person");
    const back = { base: "main", head: "main", from: old };
    const place = { cwd: repo.dir, env: repo.env, loadMeasures };
    const report = await runCheck(place, { ...back, coverage: [], baseCoverage: [], approvedBy: [] });
    expect(namesOf(report)).toEqual(["max-complexity src/old.ts:2"]);
    expect(report.notes.join()).toContain("it takes commits back");
  });

  it("takes for an agent's what its merge makes otherwise than git would, be it one side's", async () => {
    const repo = repository({ ".worknode/check.yaml": `${ENFORCE}appliesTo: agents\n`, "src/c.ts": branchy("c", 9) });
    change(repo, { "x.md": "x\n" });
    repo.git("switch", "-q", "main");
    repo.write("src/c.ts", branchy("c", 3));
    repo.git("commit", "-q", "-am", "a person made it simpler");
    repo.git("switch", "-q", "change");
    repo.git("merge", "-q", "-s", "ours", "-m", "merge\n\nCo-authored-by: Claude <noreply@anthropic.com>", "main");
    expect(namesOf(await checkReport(repo, "--base", "main"))).toEqual(["max-complexity src/c.ts:2"]);
    repo.git("reset", "-q", "--hard", "HEAD~1");
    repo.git("merge", "-q", "-m", "merge\n\nCo-authored-by: Claude <noreply@anthropic.com>", "main");
    expect(await checkReport(repo, "--base", "main")).toMatchObject({ outcome: "exempt", exit_code: 0 });
  });

  it("judges agents' files alone where the policy says so, and prints whom it took for one", async () => {
    const repo = repository({ ".worknode/check.yaml": `${ENFORCE}appliesTo: agents\nagents: [robby]\n` });
    change(repo, { "src/person.ts": branchy("person", 9) });
    expect(await checkReport(repo, "--base", "main")).toMatchObject({
      exit_code: 0,
      checked: { files: 0, left_out: 1 },
    });
    for (const [file, message] of [
      ["one", "work\n\nCo-Authored-By: Claude <noreply@anthropic.com>"],
      ["two", "work\n\nCo-authored-by: Robby <r@example.com>"],
      ["three", "work\n\nWorknode-Task: T1"],
    ] as const) {
      repo.write(`src/${file}.ts`, branchy(file, 9));
      repo.git("add", "-A");
      repo.git("commit", "-q", "-m", message);
    }
    const report = await checkReport(repo, "--base", "main");
    expect(namesOf(report).sort()).toEqual(["one", "three", "two"].map((file) => `max-complexity src/${file}.ts:2`));
    expect(report.notes.filter((note) => note.includes("an agent's"))).toHaveLength(3);
    expect(report.notes.join("\n")).toContain("a person's: nothing says that 't <t@example.com>' is an agent");
  });
});

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: p
title: P
waivers: [{ rule: documentation, tasks: [T2], reason: throw-away }]
phases:
  - id: only
    tasks:
      - { id: T1, title: One, owner: implementer, files: { write: [src/a.ts, src/new/*.ts] }, limits: { maxComplexity: 4 },
          verify: { test: [npm, test], coverage: { report: coverage/lcov.info, format: lcov } } }
      - { id: T2, title: Two, owner: implementer, files: { write: [src/two.ts] },
          verify: { test: [npm, test], coverage: { report: coverage/lcov.info, format: lcov } } }
`;

describe("with a plan", () => {
  it("holds a change against the plan's files, hard deny list, deletions and links: exit 3", async () => {
    const repo = repository({ "plan.yaml": PLAN, "src/two.ts": branchy("two", 2), "src/new/x.ts": branchy("x", 2) });
    repo.git("switch", "-q", "-C", "change");
    mkdirSync(join(repo.dir, ".github/workflows"), { recursive: true });
    for (const path of ["src/other.ts", ".github/workflows/ci.yml"]) repo.write(path, "// text\n");
    repo.write("src/two.ts", "");
    rmSync(join(repo.dir, "src/a.ts"));
    rmSync(join(repo.dir, "src/new/x.ts"));
    repo.git("add", "-A");
    const link = repo.git("hash-object", "-w", "plan.yaml").trim();
    repo.git("update-index", "--add", "--cacheinfo", `120000,${link},src/new/link.ts`);
    repo.git("commit", "-q", "-m", "change");
    const report = await checkReport(repo, "--base", "main", "--plan", "plan.yaml", "--mode", "enforce");
    expect(report.exit_code).toBe(3);
    expect(namesOf(report)).toEqual([
      "hard-deny .github/workflows/ci.yml:1",
      "no-delete src/a.ts:1",
      "file-kind src/new/link.ts:1",
      "readable-code src/new/link.ts:1",
      "no-delete src/new/x.ts:1",
      "file-whitelist src/other.ts:1",
      "no-delete src/two.ts:1",
    ]);
  });

  it("allows one task's files alone, with its limits, documentation and waivers", async () => {
    const repo = repository({ "plan.yaml": PLAN });
    const bare = (name: string): string => branchy(name, 5).replace(/^.*\n/, "");
    change(repo, { "src/a.ts": bare("a"), "src/two.ts": bare("two") });
    const all = await checkReport(repo, "--base", "main", "--plan", "plan.yaml");
    expect(namesOf(all)).toEqual([
      "documentation src/a.ts:1",
      "max-complexity src/a.ts:1",
      "p10-5-assert src/two.ts:1",
    ]);
    expect(all.notes).toContain("waived: documentation of T2: throw-away");
    const one = await checkReport(repo, "--base", "main", "--plan", "plan.yaml", "--task", "T2", "--mode", "enforce");
    expect(namesOf(one)).toEqual([
      "documentation src/a.ts:1",
      "file-whitelist src/a.ts:1",
      "p10-5-assert src/two.ts:1",
    ]);
  });

  it("takes the plan the policy names, for one task as for all", async () => {
    const repo = repository({ "plan.yaml": PLAN, ".worknode/check.yaml": `${ENFORCE}plan: plan.yaml\n` });
    change(repo, { "src/two.ts": branchy("two", 2) });
    expect(await checkReport(repo, "--base", "main")).toMatchObject({ exit_code: 0 });
    expect(await checkReport(repo, "--base", "main", "--task", "T2")).toMatchObject({ exit_code: 0 });
    const other = await checkReport(repo, "--base", "main", "--task", "T1");
    expect(other.exit_code).toBe(3);
    expect(namesOf(other)).toContain("file-whitelist src/two.ts:1");
    const err = expect.stringContaining("plan.yaml has no task 'T3'");
    expect(await check(repo, "--base", "main", "--task", "T3")).toMatchObject({ code: 2, err });
  });

  it("reads the plan from the base: a change to it is a finding, a plan of the change's own no plan", async () => {
    const repo = repository({ "plan.yaml": PLAN });
    change(repo, {
      "plan.yaml": PLAN.replace("src/a.ts", "src/other.ts"),
      "src/other.ts": "// text\n",
      "mine.yaml": PLAN,
    });
    const report = await checkReport(repo, "--base", "main", "--plan", "plan.yaml", "--mode", "enforce");
    expect(report.exit_code).toBe(6);
    expect(namesOf(report)).toEqual([
      "file-whitelist mine.yaml:1",
      "rules-changed plan.yaml:1",
      "file-whitelist src/other.ts:1",
    ]);
    expect(await check(repo, "--base", "main", "--plan", "mine.yaml")).toMatchObject({
      code: 2,
      err: expect.stringContaining("is not in the base commit"),
    });
  });
});

describe("coverage", () => {
  const lcov = (path: string, hits: number): string =>
    `TN:\nSF:${path}\nFN:2,b\nFNDA:${hits},b\nDA:2,${hits}\nDA:3,${hits}\nend_of_record\n`;

  it("asks that changed lines and functions were run, by the report CI hands over", async () => {
    const repo = repository();
    change(repo, { "src/b.ts": branchy("b", 2) });
    repo.write("coverage/lcov.info", lcov(join(repo.dir, "src/b.ts"), 0));
    const args = ["--base", "main", "--mode", "enforce", "--coverage", "coverage/lcov.info"];
    const report = await checkReport(repo, ...args);
    expect(namesOf(report)).toEqual(["coverage src/b.ts:2", "untested-functions src/b.ts:2"]);
    expect(report.exit_code).toBe(4);
    repo.write("coverage/lcov.info", lcov("src/b.ts", 1));
    expect(await checkReport(repo, ...args)).toMatchObject({ exit_code: 0, findings: [] });
  });

  it("holds the total against the base's where it is given one", async () => {
    const repo = repository();
    change(repo, { "src/b.ts": branchy("b", 2) });
    repo.write("base.info", lcov("src/a.ts", 1));
    repo.write("now.info", `${lcov("src/b.ts", 1)}${lcov("src/a.ts", 0)}`);
    const args = ["--base", "main", "--mode", "enforce", "--coverage", "now.info"];
    expect((await checkReport(repo, ...args)).exit_code).toBe(0);
    const report = await checkReport(repo, ...args, "--base-coverage", "base.info");
    expect(report.findings.map(({ message }) => message)).toEqual(["Total coverage 0.5000 is below 0.9500"]);
  });

  it.each([
    ["none at all", undefined, "cannot be read"],
    ["no report", "hello\n", "in no format that is known"],
    ["broken JSON", "{", "cannot be read as istanbul"],
    ["a report of other files", lcov("lib/elsewhere.ts", 1), "about other sources"],
    ["a report of another state", lcov("src/b.ts", 1).replace("DA:3,", "DA:300,"), "has a line 300 of it"],
  ])("refuses %s with exit 2", async (_what, text, why) => {
    const repo = repository();
    change(repo, { "src/b.ts": branchy("b", 2) });
    if (text !== undefined) repo.write("lcov.info", text);
    const run = await check(repo, "--base", "main", "--coverage", "lcov.info");
    expect(run).toMatchObject({ code: 2, out: "", err: expect.stringContaining(why) });
  });
});

describe("a whole tree and its baseline", () => {
  it("starts from what is there and only tightens", async () => {
    const repo = repository();
    expect(namesOf(await checkReport(repo, "--all"))).toEqual(["max-complexity src/old.ts:2"]);
    expect(await checkReport(repo, "--all", "--write-baseline", "--mode", "enforce")).toMatchObject({
      exit_code: 0,
      baselined: 1,
    });
    const commit = (): void => void (repo.git("add", "-A"), repo.git("commit", "-q", "-m", "more"));
    commit();
    expect(await checkReport(repo, "--all", "--mode", "enforce")).toMatchObject({
      exit_code: 0,
      baselined: 1,
      findings: [],
    });
    repo.write("src/old.ts", branchy("old", 13));
    repo.write("src/more.ts", branchy("more", 9));
    commit();
    const worse = ["max-complexity src/more.ts:2", "max-complexity src/old.ts:2"];
    expect(namesOf(await checkReport(repo, "--all", "--mode", "enforce"))).toEqual(worse);
    const again = await checkReport(repo, "--all", "--write-baseline", "--mode", "enforce");
    expect(namesOf(again)).toEqual(worse);
    repo.write("src/old.ts", branchy("old", 10));
    commit();
    expect((await checkReport(repo, "--all", "--write-baseline")).baselined).toBe(1);
    repo.write("src/old.ts", branchy("old", 12));
    commit();
    expect(namesOf(await checkReport(repo, "--all", "--mode", "enforce"))).toEqual(worse);
  });
});

describe("input that cannot be judged is no pass", () => {
  it.each<[string, string[], string]>([
    ["an unknown base", ["--base", "nowhere"], "there is no commit 'nowhere'"],
    ["an option for a name", ["--base=--all"], "there is no commit '--all'"],
    ["an unknown head", ["--base", "main", "--head", "nowhere"], "there is no commit 'nowhere'"],
    ["a task without a plan", ["--base", "main", "--task", "T"], "add --plan FILE"],
    ["a task without a plan, of nothing", ["--base", "HEAD", "--task", "T"], "add --plan FILE"],
    ["commands without a plan", ["--base", "HEAD", "--run"], "add --plan FILE"],
    ["a whole tree with coverage", ["--all", "--coverage", "x"], "leave --all out"],
    ["both a tree and what is staged", ["--all", "--staged"], "give one"],
    ["provenance of a whole tree", ["--all", "--provenance", "require"], "leave --all and --staged out"],
    ["provenance of what is staged", ["--staged", "--provenance", "warn"], "leave --all and --staged out"],
    ["a baseline of a change", ["--base", "main", "--write-baseline"], "add --all"],
    ["a word that is no option", ["main"], "check takes options alone"],
    ["nothing in enforce", ["--base", "HEAD", "--mode", "enforce"], "nothing was checked"],
    ["a report that cannot be written", ["--base", "main", "--output", "no/such/folder"], "cannot be written"],
  ])("%s: exit 2", async (_what, args, why) => {
    const repo = repository();
    change(repo, { "src/b.ts": branchy("b", 2) });
    expect(await check(repo, ...args)).toMatchObject({ code: 2, err: expect.stringContaining(why) });
  });

  it.each([
    ["no YAML", "mode: [", "yaml-syntax"],
    ["another version", "version: 2\n", "1:10: error"],
    ["an unknown key", "version: 1\nmodes: enforce\n", "2:1: error unknown-key"],
    ["an unknown mode", "version: 1\nmode: enforced\n", "2:7: error"],
    ["an unknown rule", "version: 1\nseverities: { complexity: off }\n", "there is no rule of this name"],
    ["a path that matches nothing", "version: 1\nexclude: [gone/**]\n", "exclude 'gone/**' matches no file"],
    ["a path that leaves nothing", 'version: 1\nexclude: ["**"]\n', "nothing would be checked"],
    ["a baseline that is none", "version: 1\nbaseline: src/a.ts\n", "is no baseline"],
    ["a plan that is not there", "version: 1\nplan: gone.yaml\n", "gone.yaml is not in the base commit"],
    ["a plan that is none", "version: 1\nplan: src/a.ts\n", "the plan cannot be used"],
  ])("a policy of %s: exit 2", async (_what, policy, why) => {
    const repo = repository({ ".worknode/check.yaml": policy });
    expect(await check(repo, "--all")).toMatchObject({ code: 2, out: "", err: expect.stringContaining(why) });
  });

  it("no repository, and no git: exit 2", async () => {
    const repo = repository();
    const outside = join(repo.dir, "..", "home");
    expect(await check({ dir: outside, env: repo.env })).toMatchObject({
      code: 2,
      err: expect.stringContaining("not inside a git repository"),
    });
    const run = await check({ dir: repo.dir, env: { ...repo.env, PATH: "/nowhere" } }, "--all");
    expect(run).toMatchObject({ code: 2, err: expect.stringContaining("git could not be started") });
  });

  it("a shallow clone without the base: exit 2, and how to fetch it", async () => {
    const repo = repository();
    for (const name of ["b", "c", "d"]) change(repo, { [`src/${name}.ts`]: branchy(name, 2) });
    const clone = join(repo.dir, "..", "clone");
    const base = repo.git("rev-parse", "main").trim();
    repo.git("clone", "-q", "--depth", "2", "--no-local", "--branch", "change", `file://${repo.dir}`, clone);
    const run = await check({ dir: clone, env: repo.env }, "--base", base);
    expect(run).toMatchObject({ code: 2, err: expect.stringContaining("fetch-depth: 0") });
    expect((await check({ dir: clone, env: repo.env }, "--base", "HEAD~1")).code).toBe(0);
  });

  it("a partial clone that lacks the policy, or its folder: exit 2, and not as if there were none", async () => {
    const repo = repository({ ".worknode/check.yaml": ENFORCE });
    change(repo, { "notes.md": "nothing that is measured\n" });
    repo.git("config", "uploadpack.allowFilter", "true");
    for (const filter of ["blob:none", "tree:1"]) {
      const clone = join(repo.dir, "..", filter.replace(":", "-"));
      const args = ["clone", "-q", "--no-local", "--no-checkout", `--filter=${filter}`, "--branch", "change"];
      repo.git(...args, `file://${repo.dir}`, clone);
      expect(await check({ dir: clone, env: repo.env }, "--base", "origin/main")).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringContaining("Clone without --filter"),
      });
    }
  });

  it("a policy that is no file: exit 2", async () => {
    const repo = repository({ ".worknode/check.yaml/deeper.md": "x\n" });
    const err = expect.stringContaining(".worknode/check.yaml is no regular file");
    expect(await check(repo, "--all")).toMatchObject({ code: 2, out: "", err });
  });

  it("histories that share nothing: exit 2", async () => {
    const repo = repository();
    repo.git("switch", "-q", "--orphan", "other");
    repo.git("commit", "-q", "--allow-empty", "-m", "other");
    expect(await check(repo, "--base", "main")).toMatchObject({
      code: 2,
      err: expect.stringContaining("share no history"),
    });
  });

  it("a name that is not UTF-8: exit 2", async () => {
    const repo = repository();
    repo.git("switch", "-q", "-C", "change");
    writeFileSync(
      Buffer.concat([Buffer.from(join(repo.dir, "src/")), Buffer.from([0xff, 0x2e, 0x74, 0x73])]),
      "export {};\n",
    );
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "odd");
    for (const args of [["--base", "main"], ["--all"]])
      expect(await check(repo, ...args)).toMatchObject({ code: 2, err: expect.stringContaining("not UTF-8") });
  });

  it("a name that says it passed, or steers a terminal, is one line of text", async () => {
    const repo = repository();
    change(repo, { "src/x\nworknode check: passed; \u001b[2K.ts": branchy("a", 9) });
    const { out } = await check(repo, "--base", "main", "--mode", "enforce");
    expect(out).not.toMatch(/^worknode check: passed/m);
    expect(out).toMatch(/^src\/x worknode check: passed; <U\+001B>\[2K\.ts:2: error max-complexity/m);
  });

  it("code behind a link that nobody judges, and a pointer of Git LFS, are findings; a link to code that is judged is none", async () => {
    const repo = repository({ "src/b.ts": branchy("b", 2) });
    repo.write("data/blob.bin", branchy("hidden", 20));
    for (const [name, target] of [
      ["bin.ts", "../data/blob.bin"],
      ["out.ts", "../../elsewhere.ts"],
      ["root.ts", "/b.ts"],
      ["gone.ts", "gone/b.ts"],
      ["b-too.ts", "../src/./b.ts"],
    ] as const)
      symlinkSync(target, join(repo.dir, "src", name));
    change(repo, { "src/l.c": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n" });
    for (const args of [["--base", "main"], ["--all"]]) {
      const report = await checkReport(repo, ...args, "--mode", "enforce");
      expect(report.exit_code).toBe(4);
      const lost = report.findings.filter(({ rule }) => rule === "readable-code").map(({ file }) => file);
      expect(lost).toEqual(["src/bin.ts", "src/gone.ts", "src/l.c", "src/out.ts", "src/root.ts"]);
    }
  });

  it("a function of C is documented where an included header documents it, changed or not", async () => {
    const repo = repository({
      "src/a.h": "/** One. */\nint one(void);\nint two(void);\n",
      ".worknode/check.yaml": "version: 1\nrequireDocs: true\npowerOfTen: off\n",
    });
    change(repo, { "src/a.c": '#include "a.h"\nint one(void) { return 1; }\nint two(void) { return 2; }\n' });
    for (const args of [["--base", "main"], ["--all"]]) {
      const { findings } = await checkReport(repo, ...args, "--mode", "enforce");
      expect(findings.filter(({ file }) => file === "src/a.c").map((one) => `${one.rule} ${one.function}`)).toEqual([
        "documentation two",
      ]);
    }
  });

  it("code that is binary, broken or huge is a finding, and so is a submodule; a picture is none", async () => {
    const repo = repository({ "src/was-broken.ts": "export function (\n" });
    repo.git("switch", "-q", "-C", "change");
    writeFileSync(join(repo.dir, "src/binary.ts"), Buffer.from([0, 1, 2]));
    writeFileSync(join(repo.dir, "picture.png"), Buffer.from([0, 1, 2]));
    repo.write("src/huge.ts", `// ${"x".repeat(4 * 1024 * 1024)}\n`);
    repo.write("src/broken.ts", "export function (\n");
    repo.write("src/was-broken.ts", "// still\nexport function (\n");
    repo.git("add", "-A");
    repo.git("update-index", "--add", "--cacheinfo", `160000,${repo.git("rev-parse", "HEAD").trim()},vendored`);
    repo.git("commit", "-q", "-m", "odd");
    const report = await checkReport(repo, "--base", "main", "--mode", "enforce");
    expect(report).toMatchObject({ exit_code: 4, checked: { files: 6 } });
    const errors = report.findings
      .filter(({ severity }) => severity === "error")
      .map(({ rule, file }) => `${rule} ${file}`);
    expect([...new Set(errors)]).toEqual([
      "readable-code src/binary.ts",
      "parse src/broken.ts",
      "readable-code src/huge.ts",
      "submodule vendored",
    ]);
  });
});
