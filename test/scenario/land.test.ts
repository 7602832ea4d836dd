import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: greet
title: Greet people
waivers: [{ rule: coverage, tasks: [G-1, G-2], reason: the whole program is one line }]
phases:
  - id: build
    tasks:
      - { id: G-1, title: Greet by name, owner: implementer, files: { write: [greet.js] }, verify: { test: [grep, -qEf, greeting.txt, greet.js] } }
      - { id: G-2, title: Take leave, owner: implementer, files: { write: [leave.js] }, verify: { test: [grep, -qEf, greeting.txt, greet.js] } }
`;
/** What the plan's command looks for: a runner of tests would take most of the time that these take. */
const GREETING = "(Hello|Hi), ";
const greet = (word: string): string => `/** Greets. */\nexport const greet = (name) => \`${word}, \${name}\`;\n`;
const LEAVE = '/** Takes leave. */\nexport const leave = () => "Bye";\n';
const NIGHT = {
  "G-1:work:1": [write("greet.js", greet("Hi")), submit],
  "G-2:work:1": [write("leave.js", LEAVE), submit],
};

describe.skipIf(sandboxMissing)(`Taking a night's work home${reason}`, () => {
  let repo: Repo;
  /** The repository after a night, and where its files are kept for the tests that start from there. */
  let rested: Repo;
  let kept = "";
  const start = (): Repo =>
    makeRepo({
      "package.json": '{"type":"module"}',
      "greet.js": greet("Hello"),
      "greeting.txt": GREETING,
      "plan.yaml": PLAN,
    });
  beforeAll(async () => {
    rested = repo = start();
    expect((await work(NIGHT)).code).toBe(0);
    kept = `${dirname(rested.dir)}-kept`;
    renameSync(dirname(rested.dir), kept);
  });
  afterAll(() => rmSync(kept, { recursive: true, force: true }));
  beforeEach(() => {
    repo = start();
  });
  afterEach(() => repo.remove());

  async function worknode(...args: string[]) {
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    const code = await runCommandLine(context, args);
    return { code, out: context.printed(), err: context.complained() };
  }
  async function work(replies: Record<string, readonly object[]>, ...args: string[]) {
    const server = await scripted(repo, scriptOf(replies));
    try {
      return await worknode("run", "plan.yaml", "--yes", ...args);
    } finally {
      await server.close();
    }
  }
  /** Goes on from the morning after: a copy at the same place, as git and the log name it. */
  function night(): void {
    repo.remove();
    execFileSync("cp", ["-a", kept, dirname(rested.dir)]);
    repo = rested;
  }
  const commit = (files: Record<string, string>): void => {
    for (const [path, text] of Object.entries(files)) repo.write(path, text);
    repo.git("add", ...Object.keys(files));
    repo.git("commit", "-q", "-m", "mine");
  };
  const head = (): string => repo.git("rev-parse", "HEAD").trim();
  const read = (path: string): string => readFileSync(join(repo.dir, path), "utf8");

  it("fast-forwards a branch that has not moved, once, and says who did it", async () => {
    repo.git("config", "--global", "commit.gpgSign", "true"); // of the home that worknode was given
    repo.git("config", "gpg.program", "/nonexistent/gpg"); // were it asked, all would fail
    expect((await work(NIGHT)).code).toBe(0);
    const before = head();
    const landed = await worknode("land");
    expect(landed).toMatchObject({ code: 0, err: "" });
    expect(landed.out).toMatch(new RegExp(`^Your git signs commits .* --gpg-sign" ${before.slice(0, 10)}$`, "m"));
    expect(landed.out).toContain("✓ grep -qEf greeting.txt greet.js: exit 0");
    expect(read("greet.js")).toBe(greet("Hi"));
    expect(head()).toBe(repo.git("rev-parse", "worknode/greet/1").trim());
    expect(repo.git("status", "--porcelain", "--untracked-files=no")).toBe("");
    expect(of(eventsOf(repo), "LANDED")[0]?.payload).toMatchObject({ branch: "main", commit: head() });
    const again = await worknode("land");
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toContain("Nothing to land");
    expect(repo.git("branch", "--list", "worknode-land/*")).toBe("");
  });

  it("joins a branch that moved, verifies the joined tree, and keeps both histories", async () => {
    night();
    commit({ "NOTES.md": "mine\n" });
    const before = head();
    expect(await worknode("land")).toMatchObject({ code: 0 });
    expect(repo.git("log", "-1", "--format=%P").trim().split(" ")).toEqual([
      before,
      repo.git("rev-parse", "worknode/greet/1").trim(),
    ]);
    expect([read("NOTES.md"), read("greet.js")]).toEqual(["mine\n", greet("Hi")]);
  });

  it("writes files as the person's own git does, and runs none of their hooks and signs nothing", async () => {
    night();
    const before = head();
    for (const hook of ["pre-commit", "post-merge", "post-checkout", "reference-transaction"]) {
      repo.write(`.git/hooks/${hook}`, '#!/bin/sh\necho "$0" >> "$HOME/ran"\n');
      repo.chmod(`.git/hooks/${hook}`, 0o755);
    }
    for (const [name, value] of Object.entries({ "commit.gpgsign": "true", "merge.ff": "no", "core.autocrlf": "true" }))
      repo.git("config", name, value);
    rmSync(join(repo.dir, "greet.js"));
    repo.git("checkout", "-q", "--", "greet.js");
    expect(read("greet.js")).toContain("\r\n");
    rmSync(join(repo.env["HOME"] ?? "", "ran"), { force: true });
    expect(await worknode("land")).toMatchObject({ code: 0, err: "" });
    expect(read("greet.js")).toBe(greet("Hi").replaceAll("\n", "\r\n"));
    expect(repo.git("status", "--porcelain", "--untracked-files=no")).toBe("");
    expect(existsSync(join(repo.env["HOME"] ?? "", "ran"))).toBe(false);
    repo.git("reset", "-q", "--hard", before);
    repo.git("sparse-checkout", "set", "--no-cone", "/*", "!/leave.js");
    expect(await worknode("land")).toMatchObject({ code: 0, err: "" });
    expect(repo.git("show", "HEAD:leave.js")).toBe(LEAVE);
    expect(existsSync(join(repo.dir, "leave.js"))).toBe(false);
  });

  it("lands nothing where the joined tree fails although each side passed alone", async () => {
    night();
    commit({ "greeting.txt": "Hello, " });
    const before = head();
    const { code, out } = await worknode("land");
    expect(code).toBe(4);
    expect(out).toContain("✗ grep -qEf greeting.txt greet.js: exit 1");
    expect(head()).toBe(before);
    expect(read("greet.js")).toBe(greet("Hello"));
  });

  it("offers a conflict as a task, whose work then lands", async () => {
    night();
    commit({ "greet.js": greet("Hello there") });
    const before = head();
    const refused = await worknode("land", "--output-format", "json");
    expect(refused.code).toBe(6);
    const { paths, offer } = JSON.parse(refused.out) as { paths: string[]; offer: { plan: string; command: string } };
    expect(paths).toEqual(["greet.js"]);
    expect(head()).toBe(before);
    expect(read("greet.js")).toBe(greet("Hello there"));
    expect(await worknode("plan", "lint", offer.plan)).toMatchObject({ code: 0 });
    const server = await scripted(
      repo,
      scriptOf({
        "RESOLVE-1:work:1": [
          { tools: [{ name: "Read", input: { file_path: "greet.js" } }] },
          write("greet.js", greet("Hi, Ada there")),
          write("greet.js", greet("Hi")),
          submit,
        ],
      }),
    );
    const [, ...args] = offer.command.split(" ");
    const resolved = await worknode(...args, "--yes");
    await server.close();
    expect(resolved.code).toBe(0);
    const seen = of(eventsOf(repo), "TOOL_RESULT").find(({ payload }) => payload.content.includes("<<<<<<<"));
    expect(seen?.payload.content).toContain(">>>>>>>");
    expect(await worknode("land")).toMatchObject({ code: 0 });
    expect(read("greet.js")).toBe(greet("Hi"));
    expect(read("leave.js")).toBe(LEAVE);
  });

  it("touches no checkout with uncommitted changes, and overwrites no file git does not know", async () => {
    night();
    repo.write("greet.js", "mine, not committed\n");
    expect(await worknode("land")).toMatchObject({ code: 2 });
    expect(read("greet.js")).toBe("mine, not committed\n");
    repo.git("checkout", "-q", "greet.js");
    repo.write("package.json", '{"type":"module","mine":true}'); // nothing the work touches, and yet not landed on
    expect((await worknode("land")).err).toContain("uncommitted changes (package.json)");
    repo.git("checkout", "-q", "package.json");
    repo.write("leave.js", "mine, not known to git\n");
    const before = head();
    const inTheWay = await worknode("land");
    expect(inTheWay.code).toBe(2);
    expect(inTheWay.err).toContain("leave.js");
    expect(read("leave.js")).toBe("mine, not known to git\n");
    expect(head()).toBe(before);
  });

  it("says how to bring back a branch that was deleted, and lands it then", async () => {
    night();
    repo.git("branch", "-q", "-D", "worknode/greet/1");
    const { code, err } = await worknode("land");
    expect(code).toBe(2);
    const [, name = "", from = ""] = /`git branch (\S+) ([0-9a-f]+)`/.exec(err) ?? [];
    repo.git("branch", name, from);
    expect(await worknode("land")).toMatchObject({ code: 0 });
    expect(read("leave.js")).toBe(LEAVE);
  });

  it("has nothing to land without a cycle, and needs a branch to land on", async () => {
    expect(await worknode("land")).toMatchObject({ code: 7 });
    night();
    repo.git("checkout", "-q", "--detach");
    expect(await worknode("land")).toMatchObject({ code: 2 });
  });

  it("lands an open cycle only when told to, and then what is done", async () => {
    const blocked = { tools: [{ name: "report_blocker", input: { reason: "no idea" } }] };
    const block = { tools: [{ name: "resolve_escalation", input: { action: "block", reason: "ask a person" } }] };
    const ran = await work({
      "G-1:work:1": [write("greet.js", greet("Hi")), submit],
      "G-2:work:1": [blocked],
      "G-2:escalation:1": [block],
    });
    expect(ran.code).toBe(6);
    expect((await worknode("land")).err).toContain("has not ended");
    expect(await worknode("land", "--partial")).toMatchObject({ code: 0 });
    expect(read("greet.js")).toBe(greet("Hi"));
    expect(existsSync(join(repo.dir, "leave.js"))).toBe(false);
  });

  it("opens a request through gh where it is installed, and prints the commands where nothing is", async () => {
    night();
    const before = head();
    const printed = await worknode("land", "--pr");
    expect(printed.code).toBe(0);
    expect(printed.out).toContain("gh pr create --head worknode/greet/1 --base main");
    const bin = join(repo.dir, "..", "bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "gh"),
      '#!/bin/sh\nprintf "%s\\n" "$@" > "$HOME/asked"\necho https://forge.example/pull/1\n',
    );
    chmodSync(join(bin, "gh"), 0o755);
    repo.env["PATH"] = `${bin}:${repo.env["PATH"] ?? ""}`;
    const nowhere = await worknode("land", "--pr");
    expect(nowhere.code).toBe(2);
    repo.git("init", "-q", "--bare", join(repo.dir, "..", "origin.git"));
    repo.git("remote", "add", "origin", join(repo.dir, "..", "origin.git"));
    const opened = await worknode("land", "--pr");
    expect(opened.out).toContain("https://forge.example/pull/1");
    expect(readFileSync(join(repo.env["HOME"] ?? "", "asked"), "utf8")).toContain("G-1 DONE: Greet by name");
    expect(repo.git("ls-remote", "origin", "worknode/greet/1")).toContain("refs/heads/worknode/greet/1");
    expect(head()).toBe(before);
  });

  it("shows the work with its evidence, task by task, also what is not merged", async () => {
    await work({
      "G-1:work:1": [write("greet.js", greet("Hi")), submit],
      "G-2:work:1": [write("leave.js", LEAVE), { tools: [{ name: "report_blocker", input: { reason: "no" } }] }],
      "G-2:escalation:1": [{ tools: [{ name: "resolve_escalation", input: { action: "block", reason: "ask" } }] }],
    });
    const { code, out } = await worknode("diff");
    expect(code).toBe(0);
    expect(out).toMatch(
      /G-1 DONE: Greet by name, by implementer at attempt 1 \([0-9a-f]{10}\)\n {2}said: done\n {2}verified: test exit 0 \[ev_\d+\]\n {2}critic: validator ACCEPT\n {2}waived: coverage\n/,
    );
    expect(out).toContain("+export const greet = (name) => `Hi, ${name}`;");
    expect(out).toMatch(/G-2 BLOCKED: .*\(not merged\)/);
    expect(out).toContain('+export const leave = () => "Bye";');
    const one = JSON.parse((await worknode("diff", "G-1", "--stat", "--output-format", "json")).out) as {
      tasks: object[];
    };
    expect(one.tasks).toMatchObject([
      {
        task: "G-1",
        diff: null,
        files: [{ path: "greet.js", added: 1, removed: 1 }],
        critics: [{ agent: "validator", decision: "ACCEPT" }],
      },
    ]);
    const files = (await worknode("diff", "--stat")).out;
    expect(files).toMatch(/^ {2}\+1 -1 +greet\.js$/m);
    expect(files).toMatch(/^ {2}\+\d+ -0 +leave\.js$/m);
    expect(await worknode("diff", "G-9")).toMatchObject({ code: 2 });
  });

  it("cleans up after a cycle that ended, and keeps a worktree that holds unmerged work", async () => {
    night();
    const states = join(repo.env["XDG_STATE_HOME"] ?? "", "worknode");
    const worktrees = of(eventsOf(repo), "TASK_STARTED").map(({ payload }) => payload.worktree);
    expect(worktrees.every((path) => existsSync(path) && path.startsWith(states))).toBe(true);
    writeFileSync(join(worktrees[0] ?? "", "later.txt"), "found after the merge\n");
    const first = await worknode("clean", "--output-format", "json");
    const report = JSON.parse(first.out) as { removed: { task: string }[]; kept: { task: string; reason: string }[] };
    expect(report.kept).toMatchObject([{ reason: expect.stringContaining("not merged") as string }]);
    expect(worktrees.map((path) => existsSync(path))).toEqual([true, false]);
    expect(repo.git("rev-parse", "worknode/greet/1")).not.toBe("");
    writeFileSync(join(worktrees[0] ?? "", "later.txt"), "");
    expect((await worknode("clean")).out).toContain("kept");
  });

  it("cleans nothing of a cycle that can be continued", async () => {
    await work({
      "G-1:work:1": [write("greet.js", greet("Hi")), submit],
      "G-2:work:1": [{ tools: [{ name: "report_blocker", input: { reason: "no" } }] }],
      "G-2:escalation:1": [{ tools: [{ name: "resolve_escalation", input: { action: "block", reason: "ask" } }] }],
    });
    expect((await worknode("clean")).out).toBe("Nothing to clean.\n");
  });
});
