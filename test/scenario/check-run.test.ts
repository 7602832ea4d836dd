import { afterEach, describe, expect, it } from "vitest";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { branchy, check, checkReport, namesOf } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

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
    expect(namesOf(untested)).toEqual(expect.arrayContaining(["coverage src/b.ts:2", "untested-functions src/b.ts:2"]));
    expect(untested.exit_code).toBe(4);
  });
});

describe.skipIf(sandboxMissing)(`the reports that the plan names${reason}`, () => {
  const TWO = `apiVersion: worknode/v1
kind: Plan
id: p
title: P
phases:
  - id: only
    tasks:
      - { id: T1, title: One, owner: implementer, files: { write: [src/b.ts] },
          verify: { test: [node, r.test.mjs, b], coverage: { report: coverage/b.info, format: lcov } } }
      - { id: T2, title: Two, owner: implementer, files: { write: ["src/c.ts", "*.mjs"] },
          verify: { test: [node, r.test.mjs, c], coverage: { report: coverage/c.info, format: lcov } } }
`;
  /** Writes a report of how often a file's lines were run, if any. */
  const REPORTS = (hits: Readonly<Record<string, number | null>>): string =>
    `import { mkdirSync, writeFileSync } from "node:fs";
const name = process.argv[2];
const hits = ${JSON.stringify(hits)}[name];
const text = \`SF:src/\${name}.ts\\nFN:2,\${name}\\nFNDA:\${hits},\${name}\\nDA:2,\${hits}\\nDA:3,\${hits}\\nend_of_record\\n\`;
mkdirSync("coverage", { recursive: true });
if (hits !== null) writeFileSync(\`coverage/\${name}.info\`, text);
`;
  const files = { "src/b.ts": branchy("b", 2), "src/c.ts": branchy("c", 2) };

  it("count together, each for what it is about", async () => {
    repo = change({ ...files, "r.test.mjs": REPORTS({ b: 1, c: 1 }) }, { "plan.yaml": TWO });
    expect((await checkReport(repo, ...ARGS)).exit_code).toBe(0);
    repo.remove();
    repo = change({ ...files, "r.test.mjs": REPORTS({ b: 1, c: 0 }) }, { "plan.yaml": TWO });
    const report = await checkReport(repo, ...ARGS);
    expect(namesOf(report)).toEqual(expect.arrayContaining(["untested-functions src/c.ts:2"]));
    expect(report.exit_code).toBe(4);
  });

  it("fail the change where one of them was not written", async () => {
    repo = change({ ...files, "r.test.mjs": REPORTS({ b: 1, c: null }) }, { "plan.yaml": TWO });
    const report = await checkReport(repo, ...ARGS);
    expect(report.findings.find(({ rule }) => rule === "tests")?.message).toContain("wrote no report coverage/c.info");
    expect(report.exit_code).toBe(4);
  });
});

it("are asked for with a plan, and of commits alone", async () => {
  repo = change({ "src/b.ts": branchy("b", 2) });
  const err = expect.stringContaining("add --plan FILE");
  expect(await check(repo, "--base", "main", "--run")).toMatchObject({ code: 2, err });
  const staged = expect.stringContaining("--run is of commits");
  expect(await check(repo, "--staged", "--plan", "plan.yaml", "--run")).toMatchObject({ code: 2, err: staged });
});
