import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const VERIFY =
  "{ test: [node, --test, --experimental-test-coverage, --test-reporter=lcov, --test-reporter-destination=lcov.info], " +
  "coverage: { report: lcov.info, format: lcov } }";
const planOf = (waivers: string): string => `apiVersion: worknode/v1
kind: Plan
id: sums
title: Sums
${waivers}
workspace: { scratch: [lcov.info] }
phases:
  - id: build
    tasks:
      - { id: S-1, title: Add, owner: implementer, files: { write: [src/add.js] }, verify: ${VERIFY} }
`;
const TEST = `import test from "node:test";
import assert from "node:assert";
import { add } from "../src/add.js";
test("adds", () => assert.ok(Number.isFinite(add(1, 2))));
test("saturates", () => assert.ok(Number.isFinite(add(1e308, 1e308, true))));
`;
const OLD = "/** Adds. */\nexport function add(a, b) {\n  return Math.min(a + b, Number.MAX_VALUE);\n}\n";
const NEW = `/** Adds, up to the largest number where told to. */
export function add(a, b, saturate) {
  const sum = a + b;
  if (saturate) {
    const most = Number.MAX_VALUE;
    return Math.min(sum, most);
  }
  return sum;
}
`;

describe.skipIf(sandboxMissing)(`The coverage of a night's work where it lands${reason}`, () => {
  let repo: Repo;
  beforeEach(() => {
    repo = makeRepo({
      "package.json": '{"type":"module"}',
      "src/add.js": OLD,
      "test/add.test.js": TEST,
      "plan.yaml": planOf(""),
    });
  });
  afterEach(() => repo.remove());

  async function worknode(...args: string[]) {
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    const code = await runCommandLine(context, args);
    return { code, out: context.printed(), err: context.complained() };
  }
  async function night(): Promise<void> {
    const server = await scripted(repo, scriptOf({ "S-1:work:1": [write("src/add.js", NEW), submit] }));
    expect(await worknode("run", "plan.yaml", "--yes")).toMatchObject({ code: 0 });
    await server.close();
  }
  /** What the person does meanwhile: the tests stay green and no longer reach all of the night's work. */
  function testLess(): string {
    repo.write("test/add.test.js", TEST.replace(/^test\("saturates.*$/m, ""));
    repo.git("commit", "-q", "-am", "mine");
    return repo.git("rev-parse", "HEAD").trim();
  }

  it("is judged again: what the joined tests do not reach is not landed", async () => {
    await night();
    const mine = testLess();
    const { code, out } = await worknode("land");
    expect(code).toBe(4);
    expect(out).toContain("exit 0");
    expect(out).toContain("S-1: ERROR_INSUFFICIENT_COVERAGE");
    expect(repo.git("rev-parse", "HEAD").trim()).toBe(mine);
    expect(of(eventsOf(repo), "LANDED")).toHaveLength(0);
  });

  it("is of the files that land: what the joined tests changed first is not landed", async () => {
    await night();
    const rewrite =
      'import { writeFileSync } from "node:fs";\nwriteFileSync("src/add.js", "export const add = Math.min;\\n");\n';
    repo.write("test/a.test.js", rewrite);
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "mine");
    const mine = repo.git("rev-parse", "HEAD").trim();
    const { code, out } = await worknode("land");
    expect(code).toBe(4);
    expect(out).toContain("ERROR_TESTS_FAILED: the commands changed src/add.js");
    expect(repo.git("rev-parse", "HEAD").trim()).toBe(mine);
  });

  it("does not stand in the way where the joined tests reach it as well", async () => {
    await night();
    repo.write("NOTES.md", "mine\n");
    repo.git("add", "NOTES.md");
    repo.git("commit", "-q", "-m", "mine");
    expect(await worknode("land")).toMatchObject({ code: 0 });
  });

  it("is not asked for where a person waived it", async () => {
    repo.write("plan.yaml", planOf("waivers: [{ rule: coverage, tasks: [S-1], reason: a try }]"));
    repo.git("commit", "-q", "-am", "waive");
    await night();
    testLess();
    expect(await worknode("land")).toMatchObject({ code: 0 });
  });

  it("counts a failing test as failing, unless a person waived tests", async () => {
    repo.write(
      "test/old.test.js",
      'import test from "node:test";\ntest("old", () => { throw new Error("it was broken before"); });\n',
    );
    repo.write(
      "plan.yaml",
      planOf(
        "waivers: [{ rule: tests, tasks: [S-1], reason: broken before }, { rule: coverage, tasks: [S-1], reason: the same }]",
      ),
    );
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "broken");
    await night();
    const landed = await worknode("land");
    expect(landed.out).toContain("exit 1");
    expect(landed).toMatchObject({ code: 0 });
  });
});
