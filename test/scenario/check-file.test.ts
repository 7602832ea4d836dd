import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { installVerb } from "../../src/surface/cli/install.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { branchy, checkReport } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CHECK = join(ROOT, "dist/check.mjs");
let repo: Repo | undefined;
afterEach(() => repo?.remove());

function shell(
  at: Repo,
  script: string,
  env: Record<string, string> = {},
): { code: number | null; out: string; err: string } {
  const run = spawnSync("bash", ["-e", "-o", "pipefail", "-c", script], {
    cwd: at.dir,
    env: { ...at.env, PATH: `${process.execPath.replace(/\/node$/, "")}:${at.env["PATH"]}`, ...env },
    encoding: "utf8",
    timeout: 50_000,
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

function change(at: Repo, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) at.write(path, text);
  at.git("add", "-A");
  at.git("commit", "-q", "-m", "change");
}

describe("the single file", () => {
  it("has its checksum, holds neither database nor model code, and runs from anywhere", () => {
    const bytes = readFileSync(CHECK);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(readFileSync(`${CHECK}.sha256`, "utf8")).toBe(`${sha256}  check.mjs\n`);
    expect(bytes.toString("latin1")).not.toMatch(/better-sqlite3|@anthropic-ai|better_sqlite3/);
    repo = makeRepo({ "a.md": "x\n" });
    copyFileSync(CHECK, join(repo.dir, "..", "check.mjs"));
    const { code, out, err } = shell(repo, "node ../check.mjs --all");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("observed, not enforced");
  });

  it("finds in every language what the installed worknode finds", async () => {
    repo = makeRepo({
      "a.ts": branchy("a", 9),
      "b.jsx": "export const b = (n) => <p>{n ? 1 : 2}</p>;\n// eslint-disable-next-line\n",
      "c.c": `int c(int n) { ${"if (n) n--; ".repeat(9)} return n; }\n`,
      "d.cpp": `int d(int n) { ${"if (n) n--; ".repeat(9)} return n; }\n`,
      "e.py": `def e(n):\n${"    if n: n -= 1\n".repeat(9)}`,
      "f.go": `package f\nfunc f(n int) int {\n${"if n > 1 { n-- }\n".repeat(9)}return n\n}\n`,
      "g.rs": `fn g(mut n: i32) -> i32 { ${"if n > 1 { n -= 1; } ".repeat(9)} n }\n`,
      "H.java": `class H { int h(int n) { ${"if (n > 1) n--; ".repeat(9)} return n; } }\n`,
      "broken.ts": "export function (\n",
      ".worknode/check.yaml": "version: 1\npowerOfTen: warn\nrequireDocs: true\n",
    });
    const run = shell(repo, `node ${CHECK} --all --mode enforce --format json`);
    expect(run).toMatchObject({ code: 4, err: "" });
    const report = JSON.parse(run.out);
    expect(report).toEqual(await checkReport(repo, "--all", "--mode", "enforce"));
    const files = report.findings
      .filter((one: { rule: string }) => one.rule === "max-complexity")
      .map((one: { file: string }) => one.file);
    expect(files).toEqual(["H.java", "a.ts", "c.c", "d.cpp", "e.py", "f.go", "g.rs"]);
  });

  it("says of what nests too deeply that it cannot be parsed, and judges what is long and what comes after", () => {
    repo = makeRepo({
      "a.ts": branchy("a", 9),
      "b.ts": `export const b = ${"a => /*;*/ ".repeat(40_000)}1;\n`,
      "c.ts": `x = ${"(".repeat(3_000)}1${")".repeat(3_000)};\n`,
      "d.js": "b = c(d)\ne(f)\n".repeat(1_100),
      "e.ts": branchy("e", 9),
    });
    const { code, out, err } = shell(repo, `node ${CHECK} --all --mode enforce`);
    expect({ code, err }).toEqual({ code: 4, err: "" });
    const told = [...out.matchAll(/^(\S+): error ([\w-]+)/gm)].map(([, place, rule]) => `${place} ${rule}`);
    expect(told).toEqual(["a.ts:2 max-complexity", "b.ts:1 parse", "c.ts:1 parse", "e.ts:2 max-complexity"]);
  });

  it("says so when it was cut, and judges nothing", () => {
    repo = makeRepo({ "a.ts": branchy("a", 9) });
    const text = readFileSync(CHECK, "latin1");
    writeFileSync(
      join(repo.dir, "..", "cut.mjs"),
      text.slice(0, text.indexOf("\n//worknode-part parser.wasm")),
      "latin1",
    );
    expect(shell(repo, "node ../cut.mjs --all")).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("it was cut or changed"),
    });
  });
});

it.skipIf(sandboxMissing)(`the single file runs a plan's commands in the sandbox${reason}`, () => {
  const plan = (exit: number): string => `apiVersion: worknode/v1
kind: Plan
id: p
title: P
phases: [{ id: only, tasks: [{ id: T1, title: One, owner: implementer, files: { write: [a.md] }, verify: { test: [node, t.mjs, "${exit}"] } }] }]
`;
  repo = makeRepo({ "ok.yaml": plan(0), "bad.yaml": plan(3), "t.mjs": "process.exit(Number(process.argv[2]));\n" });
  repo.git("switch", "-q", "-c", "change");
  change(repo, { "a.md": "a\n" });
  const run = (name: string) => shell(repo as Repo, `node ${CHECK} --base main --plan ${name} --run --mode enforce`);
  expect(run("ok.yaml")).toMatchObject({ code: 0, out: expect.stringContaining("test: node t.mjs 0 ended with 0") });
  expect(run("bad.yaml")).toMatchObject({ code: 4, out: expect.stringContaining("node t.mjs 3 ended with 3") });
});

describe("a newcomer's CI", () => {
  const POLICY = ".worknode/check.yaml";

  /** The steps of the job that `install ci` wrote, as the runner would run them. */
  function job(at: Repo): { code: number | null; out: string; err: string } {
    const workflow = parse(readFileSync(join(at.dir, ".github/workflows/worknode.yml"), "utf8"));
    const [checkout, step] = workflow.jobs.check.steps;
    expect(checkout).toMatchObject({
      uses: expect.stringMatching(/^actions\/checkout@[0-9a-f]{40}$/),
      with: { "fetch-depth": 0 },
    });
    mkdirSync(join(at.dir, "../temp"), { recursive: true });
    return shell(at, step.run, { GITHUB_BASE_REF: "main", RUNNER_TEMP: join(at.dir, "../temp") });
  }

  it("is one command; it observes at first, then fails and passes", async () => {
    repo = makeRepo({ "src/a.ts": branchy("a", 3) });
    const at = repo;
    const pushed = (): void => void at.git("update-ref", "refs/remotes/origin/main", "main");
    pushed();
    at.git("switch", "-q", "-c", "setup");
    const context = makeContext({ cwd: at.dir, env: at.env });
    expect(await installVerb(context, ["ci"])).toBe(0);
    expect(context.printed()).toContain(".github/workflows/worknode.yml written");
    change(at, { "src/a.ts": branchy("a", 9) });
    const first = job(at);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toContain("::notice file=src/a.ts,line=2,title=worknode max-complexity::");
    expect(first.out).toContain("observed, not enforced");

    at.git("reset", "-q", "--hard", "HEAD~1");
    expect(await installVerb(context, ["ci"])).toBe(0);
    at.write(POLICY, readFileSync(join(at.dir, POLICY), "utf8").replace("mode: observe", "mode: enforce"));
    at.git("switch", "-q", "main");
    change(at, {});
    pushed();
    at.git("switch", "-q", "-c", "feature");
    change(at, { "src/a.ts": branchy("a", 9), ".worknode/check.mjs": "process.exit(0);\n" });
    const failed = job(at);
    expect(failed.code).toBe(6);
    expect(failed.out).toContain("::error file=src/a.ts,line=2,title=worknode max-complexity::");
    expect(failed.out).toContain("::error file=.worknode/check.mjs,line=1,title=worknode rules-changed::");

    at.git("update-ref", "-d", "refs/remotes/origin/main");
    expect(job(at).code).toBe(128);
    pushed();
    at.git("reset", "-q", "--hard", "main");
    change(at, { "src/a.ts": branchy("a", 4) });
    const passed = job(at);
    expect(passed).toMatchObject({ code: 0, err: "" });
    expect(passed.out).toMatch(/^worknode check: passed; .*checked 1 file\(s\), 1 function\(s\)/);
  });

  it("leaves what is there, and prints for GitLab what it would write", async () => {
    repo = makeRepo({ [POLICY]: "version: 1\n" });
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    await installVerb(context, ["ci", "--gitlab", "--print"]);
    expect(context.printed()).toContain('GIT_DEPTH: "0"');
    expect(context.printed()).toContain(readFileSync(`${CHECK}.sha256`, "utf8").slice(0, 64));
    expect(repo.git("status", "--porcelain")).toBe("");
    await installVerb(context, ["ci"]);
    expect(context.printed()).toContain(`${POLICY} is there already: left as it is`);
    const text = context.printed();
    const gitlab = parse(text.slice(text.indexOf("worknode:"), text.indexOf(`# ${POLICY}`)));
    const script = gitlab.worknode.script.join("\n");
    const old = repo.git("rev-parse", "HEAD").trim();
    repo.git("remote", "add", "origin", ".");
    repo.git("switch", "-q", "-c", "change");
    change(repo, { "src/a.ts": branchy("a", 9) });
    const job = (): ReturnType<typeof shell> =>
      shell(repo as Repo, script, { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main" });
    expect(job()).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(join(repo.dir, "worknode.xml"), "utf8")).toContain('<testcase name="max-complexity"');
    repo.git("switch", "-q", "main");
    change(repo, { [POLICY]: "version: 1\nmode: enforce\n", ".worknode/check.mjs": readFileSync(CHECK, "latin1") });
    repo.git("switch", "-q", "-C", "old", old);
    change(repo, { "src/a.ts": branchy("a", 9), ".worknode/check.mjs": "process.exit(0);\n" });
    expect(job()).toMatchObject({ code: 6, out: expect.stringContaining("FAILED; 2 error(s)") });
    repo.git("remote", "set-url", "origin", "./gone");
    expect(job().code).not.toBe(0);
  });

  it("may use the action at a commit, where nothing is built yet", () => {
    const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8"));
    repo = makeRepo({ "src/a.ts": branchy("a", 3) });
    const at = join(repo.dir, "../action");
    for (const name of ["src", "scripts", "grammars", "package.json", "package-lock.json", "tsconfig.json", "LICENSE"])
      cpSync(join(ROOT, name), join(at, name), { recursive: true });
    // What the lock file names is what is installed here: fetching it again would take the network.
    const npm = `#!/bin/sh\n[ "$1 $2" = "ci --ignore-scripts" ] && ln -s ${join(ROOT, "node_modules")} node_modules\n`;
    repo.write("../bin/npm", npm);
    repo.chmod("../bin/npm", 0o755);
    const env = { GITHUB_ACTION_PATH: at, PATH: `${join(repo.dir, "../bin")}:${process.env["PATH"]}` };
    const [build, step] = action.runs.steps;
    expect(shell(repo, build.run, env)).toMatchObject({ code: 0 });
    repo.git("switch", "-q", "-c", "change");
    change(repo, { "src/a.ts": branchy("a", 9) });
    const wish = { WORKNODE_BASE: "main", WORKNODE_MODE: "enforce", WORKNODE_ARGUMENTS: "" };
    expect(shell(repo, step.run, { GITHUB_ACTION_PATH: at, ...wish })).toMatchObject({
      code: 4,
      out: expect.stringContaining("::error file=src/a.ts"),
    });
  });

  it("may use the action, whose steps run in a plain shell", () => {
    const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8"));
    const [build, step] = action.runs.steps;
    repo = makeRepo({ "src/a.ts": branchy("a", 3) });
    repo.git("switch", "-q", "-c", "change");
    change(repo, { "src/a.ts": branchy("a", 9) });
    const env = { GITHUB_ACTION_PATH: ROOT, WORKNODE_BASE: "main", WORKNODE_MODE: "enforce", WORKNODE_ARGUMENTS: "" };
    expect(shell(repo, build.run, env)).toMatchObject({ code: 0 });
    expect(Object.keys(step.env)).toEqual(["WORKNODE_BASE", "WORKNODE_MODE", "WORKNODE_ARGUMENTS"]);
    expect(shell(repo, step.run, env)).toMatchObject({
      code: 4,
      out: expect.stringContaining("::error file=src/a.ts"),
    });
    const observing = shell(repo, step.run, { ...env, WORKNODE_MODE: "", WORKNODE_ARGUMENTS: "--format text" });
    expect(observing).toMatchObject({ code: 0, out: expect.stringContaining("observed, not enforced") });
  });
});
