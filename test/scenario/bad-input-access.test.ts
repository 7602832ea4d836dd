import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const MAIN = join(fileURLToPath(new URL("../..", import.meta.url)), "dist/main.js");
/** An ordinary user, whom permissions bind; root may become one. */
const USER = 65_534;
const asUser = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
const canRun = spawnSync(process.execPath, [MAIN, "--version"], { ...asUser, cwd: "/" }).status === 0;

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Notes
agents:
  helper: { tier: implementation, instructions: agents/helper.md }
  other: { tier: implementation, instructions: agents/other.md }
phases:
  - id: build
    tasks:
      - { id: A, title: Note, owner: helper, files: { write: [A.md] } }
`;
const HELPER = "---\nname: helper\ndescription: helps\nworknode: { tier: implementation }\n---\nHelp.\n";

let base = "";
let repo = "";

function say(...args: string[]): { code: number | null; out: string; err: string } {
  const env = { PATH: process.env["PATH"] ?? "", HOME: base, XDG_STATE_HOME: join(base, "state"), LANG: "C.UTF-8" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    ...asUser,
    cwd: repo,
    env,
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
}

function git(...args: string[]): void {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "safe.directory=*"];
  expect(spawnSync("git", [...who, ...args], { cwd: repo, ...asUser }).status).toBe(0);
}

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "worknode-access-"));
  repo = join(base, "repo");
  mkdirSync(join(repo, "agents"), { recursive: true });
  for (const [path, text] of Object.entries({
    "plan.yaml": PLAN,
    "agents/helper.md": HELPER,
    "agents/other.md": HELPER,
  }))
    writeFileSync(join(repo, path), text);
  if (asUser.uid !== undefined)
    for (const path of [base, repo, join(repo, "agents"), join(repo, "plan.yaml")]) chownSync(path, USER, USER);
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "base");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const CALL = ["tool", "Glob", '{"pattern":"*"}', "--plan", "plan.yaml", "--task", "A", "--yes"];

describe.skipIf(!canRun)("what an ordinary user may not touch", () => {
  it("a repository that cannot be written is told by doctor before a run is", () => {
    expect(say("doctor").out).toContain("✓ database: none yet");
    chmodSync(repo, 0o555);
    const said = say("doctor");
    expect(said.code).toBe(2);
    expect(said.out).toMatch(/✗ database: .*repo is not writable \(EACCES.*Make it writable/);
    expect(said.out).toContain("Not ready");
    chmodSync(repo, 0o755);
  }, 180_000); // doctor tries every sandbox

  it("a .git that cannot be written is exit 2 and says so", () => {
    const heads = join(repo, ".git/refs/heads");
    for (const folder of [heads, join(repo, ".git/refs"), join(repo, ".git")]) chmodSync(folder, 0o555);
    const said = say(...CALL);
    expect(said).toMatchObject({ code: 2, out: "" });
    expect(said.err).toMatch(
      /^worknode: git [^\n]*could not write the repository [^\n]* Make its \.git writable for this user[^\n]*\n$/,
    );
    for (const folder of [join(repo, ".git"), join(repo, ".git/refs"), heads]) chmodSync(folder, 0o755);
    expect(say(...CALL).code).toBe(0);
  });

  it.each([".git", ".git/objects", ".git/refs"])("a repository whose %s cannot be read is no missing one", (part) => {
    chmodSync(join(repo, part), 0o000);
    for (const args of [["check", "--base", "HEAD"], ["run", "plan.yaml", "--yes"], CALL]) {
      const said = say(...args);
      expect(said).toMatchObject({ code: 2, out: "" });
      expect(said.err).toMatch(
        /^worknode: The repository at \S+ cannot be used: \S+ cannot be read \(EACCES\)\. Make /,
      );
    }
    chmodSync(join(repo, part), 0o755);
  });

  it("a database that cannot be read is exit 2 and says what to do", () => {
    expect(say(...CALL).code).toBe(0);
    const database = join(repo, ".worknode/worknode.db");
    chmodSync(database, 0o000);
    const said = say("log");
    expect(said).toMatchObject({ code: 2, out: "" });
    expect(said.err).toMatch(/worknode\.db cannot be opened [^\n]*readable and writable for this user[^\n]*\n$/);
  });

  it("a file that cannot be read is measured as one that was not, and a folder is named", () => {
    mkdirSync(join(repo, "src"));
    for (const name of ["closed.c", "closed.js", "open.js"]) writeFileSync(join(repo, "src", name), "var a = 1;\n");
    for (const name of ["closed.c", "closed.js"])
      chmodSync(join(repo, "src", name), asUser.uid === undefined ? 0 : 0o600);
    const said = say("measure", "src", "src/closed.js");
    expect(said).toMatchObject({ code: 0, err: "" });
    expect(said.out).toContain("src/closed.c:1  parse failed: it cannot be opened (EACCES)\n");
    expect(said.out).toMatch(/closed\.js:1 {2}parse failed: it cannot be opened \(EACCES\)\n3 file\(s\), 0 function/);
    chmodSync(join(repo, "src"), asUser.uid === undefined ? 0 : 0o700);
    expect(say("measure", ".").err).toMatch(/^worknode: the folder src cannot be read \(EACCES: [^\n]*\n$/);
    chmodSync(join(repo, "src"), 0o755);
  });

  it("a plan that cannot be read says why", () => {
    chmodSync(join(repo, "plan.yaml"), 0o000);
    for (const args of [
      ["run", "plan.yaml"],
      ["plan", "lint", "plan.yaml"],
      ["plan", "approve", "plan.yaml"],
    ])
      expect(say(...args)).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringMatching(/^worknode: cannot read the plan [^\n]*\(EACCES: permission denied/),
      });
  });
});

describe.skipIf(!canRun)("a plan's agent files", () => {
  it("are looked at by lint, each at the agent that names it, as a run would refuse them", () => {
    expect(say("plan", "lint", "plan.yaml")).toEqual({ code: 0, out: "plan.yaml: the plan is sound\n", err: "" });
    rmSync(join(repo, "agents/helper.md"));
    writeFileSync(join(repo, "agents/other.md"), "no front matter");
    const { code, out } = say("plan", "lint", "plan.yaml");
    expect(code).toBe(2);
    expect(out).toMatch(/plan\.yaml:6:3: error bad-agent-file: agent helper names .*agents\/helper\.md.* no such file/);
    expect(out).toMatch(/plan\.yaml:7:3: error bad-agent-file: .*agents\/other\.md.*front matter/);
    expect(out).toContain("2 fault(s)");
    expect(say("run", "plan.yaml", "--yes").err).toContain("no such file");
  });
});
