import { afterEach, describe, expect, it } from "vitest";
import { receiptVerb } from "../../src/surface/cli/receipt.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { branchy, check, checkReport, namesOf } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";
import { runScripted, submit, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: p
title: P
phases:
  - id: only
    tasks:
      - { id: T1, title: One, owner: implementer, files: { write: ["src/*.ts", "*.mjs"] },
          verify: { compile: [node, --check, b.test.mjs], test: [node, b.test.mjs], coverage: { report: coverage/lcov.info, format: lcov } } }
`;
/** Writes a report that says how often src/b.ts was run, and fails where a secret can be read. */
const TEST = (hits: number, exit = 0): string =>
  `import { existsSync, mkdirSync, writeFileSync } from "node:fs";
if (existsSync(".env")) process.exit(9);
mkdirSync("coverage", { recursive: true });
writeFileSync("coverage/lcov.info", "SF:src/b.ts\\nFN:2,b\\nFNDA:${hits},b\\nDA:2,${hits}\\nDA:3,${hits}\\nend_of_record\\n");
writeFileSync("left.txt", "behind");
process.exit(${exit});
`;

function change(files: Record<string, string>, base: Record<string, string> = {}): Repo {
  const made = makeRepo({ "plan.yaml": PLAN, "src/a.ts": branchy("a", 2), ".env": "SECRET=1\n", ...base });
  made.git("switch", "-q", "-c", "change");
  for (const [path, text] of Object.entries(files)) made.write(path, text);
  made.git("add", "-A");
  made.git("commit", "-q", "-m", "change");
  return made;
}

const ARGS = ["--base", "main", "--plan", "plan.yaml", "--run", "--mode", "enforce"];

describe.skipIf(sandboxMissing)(`the plan's commands on what is judged${reason}`, () => {
  it("run on exactly the commit, see no secret, leave nothing, and their report counts", async () => {
    repo = change({ "src/b.ts": branchy("b", 2), "b.test.mjs": TEST(1) });
    repo.write("b.test.mjs", "process.exit(5);\n");
    const report = await checkReport(repo, ...ARGS);
    expect(report.findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(report.exit_code).toBe(0);
    expect(report.notes).toContain("test: node b.test.mjs ended with 0");
    expect(report.notes.join()).toContain("coverage: 100.00 % of changed lines");
    expect(report.checked.rules).toEqual(expect.arrayContaining(["coverage", "tests"]));
    expect(repo.git("status", "--porcelain")).toBe(" M b.test.mjs\n");
  });

  it("are those of the plan that the policy names, where none is given", async () => {
    repo = change(
      { "src/b.ts": branchy("b", 2), "b.test.mjs": TEST(1) },
      { ".worknode/check.yaml": "version: 1\nplan: plan.yaml\n" },
    );
    const report = await checkReport(repo, "--base", "main", "--run");
    expect(report.notes).toContain("test: node b.test.mjs ended with 0");
  });

  it("fail the change when they fail, or when their report says that it was not tested", async () => {
    repo = change({ "src/b.ts": branchy("b", 2), "b.test.mjs": TEST(1, 3) });
    const failed = await checkReport(repo, ...ARGS);
    expect(failed.exit_code).toBe(4);
    expect(failed.findings.find(({ rule }) => rule === "tests")?.message).toBe(
      "test command node b.test.mjs ended with 3",
    );
    repo.remove();
    repo = change({ "src/b.ts": branchy("b", 2), "b.test.mjs": TEST(0) });
    const untested = await checkReport(repo, ...ARGS);
    expect(namesOf(untested)).toEqual(expect.arrayContaining(["coverage src/b.ts:1", "untested-functions src/b.ts:2"]));
    expect(untested.exit_code).toBe(4);
  });
});

describe.skipIf(sandboxMissing)(`commits that were rebased${reason}`, () => {
  const NOTES = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Notes
phases:
  - id: only
    tasks:
      - { id: N-1, title: One, owner: implementer, files: { write: [one.md] }, verify: { test: [test, -s, one.md] } }
      - { id: N-2, title: Two, owner: implementer, needs: [N-1], files: { write: [two.md] }, verify: { test: [test, -s, two.md] } }
`;

  it("pass where the plan's commands do, and not by those of one task alone", async () => {
    const made = makeRepo({ "plan.yaml": NOTES });
    repo = made;
    const context = makeContext({ cwd: made.dir, env: made.env });
    await receiptVerb(context, ["key"]);
    made.write("trust.pem", context.printed());
    made.git("add", "-A");
    made.git("commit", "-q", "-m", "rules");
    const replies = { "N-1:work:1": [write("one.md"), submit], "N-2:work:1": [write("two.md"), submit] };
    expect((await runScripted(made, replies)).exitCode).toBe(0);
    made.git("switch", "-q", "-c", "side");
    made.write("other.md", "o\n");
    made.git("add", "-A");
    made.git("commit", "-q", "-m", "meanwhile");
    made.git("switch", "-q", "-C", "moved", "worknode/notes/1");
    made.git("rebase", "-q", "side");
    const args = ["--base", "side", "--plan", "plan.yaml", "--mode", "enforce", "--provenance", "require"];
    const rulesBy = async (...more: string[]): Promise<string[]> =>
      (await checkReport(made, ...args, "--trust", "trust.pem", ...more)).findings.map(({ rule }) => rule);
    expect(await rulesBy()).toEqual(["provenance-rebased", "provenance-rebased"]);
    expect(await rulesBy("--run")).toEqual([]);
    expect(await rulesBy("--run", "--task", "N-1")).toEqual(
      expect.arrayContaining(["provenance-rebased", "provenance-rebased"]),
    );
  });
});

it("are asked for with a plan, and of commits alone", async () => {
  repo = change({ "src/b.ts": branchy("b", 2) });
  const err = expect.stringContaining("add --plan FILE");
  expect(await check(repo, "--base", "main", "--run")).toMatchObject({ code: 2, err });
  const staged = expect.stringContaining("--run is of commits");
  expect(await check(repo, "--staged", "--plan", "plan.yaml", "--run")).toMatchObject({ code: 2, err: staged });
});
