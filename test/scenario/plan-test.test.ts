import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo } from "./harness.js";
import { scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
/** Where the programs of this file put what is theirs for a while: other files' tests put theirs elsewhere. */
const scratch = mkdtempSync(join(tmpdir(), "worknode-scratch-"));
beforeEach(() => vi.stubEnv("TMPDIR", scratch));
afterEach(() => {
  repo?.remove();
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(scratch, { recursive: true }));

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: flow
title: Flow
inputs: { loud: { type: boolean, default: false } }
phases:
  - id: build
    tasks:
      - id: A
        title: Note
        owner: implementer
        files: { write: [A.md] }
        steps:
          - { id: shout, if: "inputs.loud", agent: implementer, request: shout }
          - { id: write, agent: implementer, request: write }
          - { id: there, check: { verify: ["files.exist('A.md')"] }, onFail: { error: no A.md, then: stop } }
      - { id: B, title: Other, owner: implementer, needs: [A], if: "files.exist('never')", files: { write: [B.md] } }
`;

/** A mock with an expectation, as JSON. */
function mockOf(replies: Record<string, readonly object[]>, expected?: object): string {
  const script = JSON.parse(scriptOf(replies)) as object;
  return JSON.stringify({ ...script, ...(expected === undefined ? {} : { expect: expected }) });
}

const GOOD = { "A:work:1": [write("A.md"), submit] };

const EDITABLE = `apiVersion: worknode/v1
kind: Plan
id: editable
title: Editable
waivers: [{ rule: coverage, tasks: [A], reason: no report }, { rule: documentation, tasks: [A], reason: short }]
phases:
  - id: build
    tasks:
      - { id: A, title: Answer, owner: implementer, files: { write: [src/pkg.py] }, verify: { test: [.venv/bin/python, test/check.py] } }
`;
const CHECK = { "test/check.py": "import pkg\n\nassert pkg.ANSWER == 42, pkg.__file__\n" };
const python = spawnSync("python3", ["-m", "venv", "--help"]).status === 0;

async function planTest(files: Record<string, string>, ...more: string[]) {
  repo?.remove();
  repo = makeRepo({ "README.md": "# r\n", ".gitignore": "node_modules/\n", ...files });
  repo.write("plan.yaml", PLAN); // not committed: it is being written
  repo.env["ANTHROPIC_API_KEY"] = "a real one";
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  const code = await runCommandLine(context, ["plan", "test", "plan.yaml", "--script", "mock.json", ...more]);
  return { code, out: context.printed(), err: context.complained() };
}

describe("plan test", () => {
  it("runs the flow on mocked answers, tells the way it took, and leaves the repository as it was", async () => {
    const expected = {
      tasks: { A: "DONE", B: "SKIPPED" },
      steps: { "A.shout": "skipped", "A.write": "done", "A.there": "done" },
    };
    const tested = await planTest({ "mock.json": mockOf(GOOD, expected) }, "--output-format", "json");
    expect(tested).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(tested.out)).toEqual({
      ok: true,
      exitCode: 0,
      reason: "done and verified",
      reasons: { B: "condition is false: files.exist('never')" },
      ...expected,
      unmet: [],
    });
    const at = repo as Repo;
    expect(at.git("branch", "--list", "worknode/*")).toBe("");
    expect(at.git("status", "--porcelain", "--ignored").trim()).toBe("?? plan.yaml");
    expect(readdirSync(dirname(at.dir))).not.toContain("A.md");
    expect(readdirSync(scratch).filter((name) => name.startsWith("worknode-plan-test-"))).toEqual([]);
  });

  it("takes the other way with other inputs, and says where that is not what was expected", async () => {
    const both = { "A:work:1": [write("A.md"), submit], "A:work:2": [write("A.md", "y\n"), submit] };
    const mock = mockOf(both, { steps: { "A.shout": "skipped" } });
    const { code, out } = await planTest({ "mock.json": mock }, "--input", "loud=true");
    expect(code).toBe(4);
    expect(out).toContain("not as expected: step A.shout: done, expected skipped");
  });

  it("may expect a flow that ends badly", async () => {
    const lazy = { "A:work:1": [submit] };
    const mock = mockOf(lazy, { exitCode: 4, tasks: { A: "REJECTED" }, steps: { "A.there": "failed" } });
    expect(await planTest({ "mock.json": mock })).toMatchObject({
      code: 0,
      out: expect.stringContaining("exit 4: not done: A"),
    });
  });

  it("says why a task is blocked, for people and in JSON", async () => {
    const stuck = {
      "A:work:1": [use("report_blocker", { reason: "no idea" })],
      "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "ask a person" })],
    };
    const { out } = await planTest({ "mock.json": mockOf(stuck) });
    expect(out).toContain("BLOCKED A: no idea (ask a person)\n");
    const json = JSON.parse((await planTest({ "mock.json": mockOf(stuck) }, "--output-format", "json")).out) as object;
    expect(json).toMatchObject({
      tasks: { A: "BLOCKED" },
      reasons: { A: "no idea (ask a person)" },
    });
  });

  it("without an expectation asks for an end with exit 0", async () => {
    expect(await planTest({ "mock.json": mockOf({ "A:work:1": [submit] }) })).toMatchObject({ code: 4 });
  });

  it.each([
    ["is not there", {}, "cannot read the script"],
    ["is none", { "mock.json": '{"kind": "Plan"}' }, "is no script"],
  ])("says so where the script %s", async (_, files, why) => {
    expect(await planTest(files as Record<string, string>)).toMatchObject({
      code: 2,
      err: expect.stringContaining(why),
    });
  });

  it.skipIf(!python || sandboxMissing)(
    `runs what is installed by its path on the clone, not on the checkout [needs python3 with venv]${reason}`,
    async () => {
      const at = makeRepo({ ".gitignore": ".venv/\n", "src/pkg.py": "ANSWER = 41\n", "plan.yaml": EDITABLE, ...CHECK });
      repo = at;
      execFileSync("python3", ["-m", "venv", "--without-pip", join(at.dir, ".venv")]);
      const lib = join(at.dir, ".venv/lib");
      const packages = join(lib, readdirSync(lib)[0] ?? "", "site-packages");
      writeFileSync(join(packages, "editable.pth"), `${join(at.dir, "src")}\n`); // as `pip install -e .` writes it
      at.write("mock.json", mockOf({ "A:work:1": [submit, write("src/pkg.py", "ANSWER = 42\n"), submit] }));
      const context = makeContext({ cwd: at.dir, env: at.env });
      const code = await runCommandLine(context, ["plan", "test", "plan.yaml", "--script", "mock.json"]);
      expect(code, context.printed()).toBe(0);
      expect(readFileSync(join(at.dir, "src/pkg.py"), "utf8")).toBe("ANSWER = 41\n");
    },
  );

  it("calls the script a mock too, and needs exactly one", async () => {
    const at = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN, "mock.json": mockOf(GOOD) });
    repo = at;
    const context = (): ReturnType<typeof makeContext> => makeContext({ cwd: at.dir, env: at.env });
    const test = ["plan", "test", "plan.yaml"];
    expect(await runCommandLine(context(), [...test, "--mock", "mock.json"])).toBe(0);
    expect(await runCommandLine(context(), test)).toBe(2);
    expect(await runCommandLine(context(), [...test, "--mock", "mock.json", "--script", "mock.json"])).toBe(2);
  });
});
