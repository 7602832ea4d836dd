import { spawnSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AnyEvent, EventType } from "../../src/schema/event.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const TEST =
  "[node, --test, --experimental-test-coverage, --test-reporter=lcov, --test-reporter-destination=lcov.info]";
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: old
title: Work on old code
budget: { usd: 5 }
phases:
  - id: build
    tasks:
      - id: A
        title: Write add
        owner: implementer
        files: { write: [src/add.js, test/add.test.js, src/old.js, lcov.info] }
        verify: { test: ${TEST}, coverage: { report: lcov.info, format: lcov } }
`;

/** Whether a program is there and starts. */
function works(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore", timeout: 30_000 }).status === 0;
}

/** Old code that nobody tested: far below what is asked of new code. */
const OLD = Array.from({ length: 6 }, (_, index) => `export function old${index}() {\n  return ${index};\n}\n`).join(
  "",
);
const ADD = "/** Sum of two numbers. */\nexport function add(a, b) {\n  return a + b;\n}\n";
const ADD_TEST =
  "import assert from 'node:assert';\nimport { test } from 'node:test';\nimport { add } from '../src/add.js';\nimport '../src/old.js';\ntest('add', () => assert.equal(add(3, 2), 5));\n";
const OLD_TEST =
  "import { test } from 'node:test';\nimport { old0 } from '../src/old.js';\ntest('old', () => void old0());\n";

interface Call {
  name: string;
  input: object;
}
const write = (path: string, content: string): Call => ({ name: "Write", input: { file_path: path, content } });
const bash = (command: string): Call => ({ name: "Bash", input: { command } });
const submit: Call = { name: "submit_result", input: { summary: "done" } };

/** A script whose worker makes these calls, one a reply, and whose critic accepts whatever the rules let through. */
function scriptOf(calls: readonly Call[]): string {
  const accept = [{ tools: [{ name: "submit_verdict", input: { decision: "ACCEPT" } }] }];
  return JSON.stringify({
    apiVersion: "worknode/v1",
    kind: "Script",
    replies: {
      "-:plan-review:1": [{ tools: [{ name: "submit_plan_review", input: { decision: "ACCEPT", risks: [] } }] }],
      "A:work:1": calls.map((call) => ({ tools: [call] })),
      "A:critic:1": accept,
    },
  });
}

async function work(
  files: Record<string, string>,
  calls: readonly Call[],
): Promise<{ exitCode: number; events: AnyEvent[] }> {
  repo = makeRepo({ "package.json": '{"type":"module"}\n', "plan.yaml": PLAN, ...files });
  const server = await scripted(repo, scriptOf(calls));
  const { exitCode } = await run(repo);
  await server.close();
  const store = repo.store();
  const events = store.events({});
  store.close();
  return { exitCode, events };
}

const of = <T extends EventType>(events: readonly AnyEvent[], type: T): Extract<AnyEvent, { type: T }>[] =>
  events.filter((event): event is Extract<AnyEvent, { type: T }> => event.type === type);
const feedback = (events: readonly AnyEvent[]): string[] =>
  of(events, "TASK_REJECTED").map(({ payload }) => payload.feedback);

/** What `worknode trace` prints of an event. */
async function traceOf(at: Repo | undefined, id: string): Promise<Record<string, unknown>> {
  const context = makeContext({ cwd: at?.dir ?? "", env: at?.env ?? {} });
  expect(await runCommandLine(context, ["trace", id, "--output-format", "json"])).toBe(0);
  return JSON.parse(context.printed()) as Record<string, unknown>;
}

const OLD_FILES = { "src/old.js": OLD, "test/old.test.js": OLD_TEST };

describe("tested work on untested old code", () => {
  let mine: Repo | undefined;
  let ran: Awaited<ReturnType<typeof work>>;
  beforeAll(async () => {
    ran = await work(OLD_FILES, [write("src/add.js", ADD), write("test/add.test.js", ADD_TEST), submit]);
    [mine, repo] = [repo, undefined]; // both tests look at it
  });
  afterAll(() => mine?.remove());

  it("passes, by the total of the same commands on the base", () => {
    const { exitCode, events } = ran;
    expect(feedback(events)).toEqual([]);
    expect(exitCode).toBe(0);
    const [base] = of(events, "BASE_MEASURED");
    const [first, second] = of(events, "COMMANDS_RAN");
    expect(base?.payload).toMatchObject({ reason: "measured", output_event: second?.id, tree: second?.payload.tree });
    expect(base?.payload.total).toBeLessThan(0.95);
    const { tree } = (first as NonNullable<typeof first>).payload;
    const judged = { execution: "1:A:work:1:2", payload: { pass: true, output_event: first?.id, tree } };
    expect(of(events, "VERIFIED")[0]).toMatchObject(judged);
  });

  it("shows the output a figure was read from by the id it is cited by, and all that cite it", async () => {
    const { events } = ran;
    const [[output], [verified]] = [of(events, "COMMANDS_RAN"), of(events, "VERIFIED")];
    const shown = await traceOf(mine, output?.id ?? "");
    expect(shown).toMatchObject({ kind: "Event", event: { id: output?.id, payload: output?.payload } });
    expect(shown["cited_by"]).toContainEqual({
      event: verified?.id,
      type: "VERIFIED",
      task: "A",
      execution: "1:A:work:1:2",
    });
    expect((await traceOf(mine, events.at(-1)?.id ?? ""))["cited_by"]).toEqual([]);
  });
});

it("names an untested function, its place, and the output the figure was read from", async () => {
  const untested = "/** Not called. */\nexport function add(a, b) { return a + b; }\n";
  const { events, exitCode } = await work(OLD_FILES, [
    write("src/add.js", untested),
    write("test/add.test.js", "import '../src/add.js';\n"),
    submit,
    write("src/add.js", ADD),
    write("test/add.test.js", ADD_TEST),
    submit,
  ]);
  const [why = ""] = feedback(events);
  expect(why).toContain("ERROR_UNTESTED_FUNCTIONS: Untested functions 1: add (src/add.js:2)");
  expect(why).toContain(`[output: ${of(events, "COMMANDS_RAN").map(({ id }) => id)[0]}]`);
  expect(exitCode).toBe(0);
});

it("refuses work that makes the total worse than the base's", async () => {
  const used =
    "import { test } from 'node:test';\nimport * as old from '../src/old.js';\ntest('old', () => void [old.old0(), old.old1(), old.old2(), old.old3()]);\n";
  const files = { "src/old.js": OLD, "test/add.test.js": used };
  const { events, exitCode } = await work(files, [
    write("src/add.js", ADD),
    write("test/add.test.js", ADD_TEST),
    submit,
    write(
      "test/add.test.js",
      `${ADD_TEST}${used.replaceAll("test }", "test as again }").replaceAll("test(", "again(")}`,
    ),
    submit,
  ]);
  const total = of(events, "BASE_MEASURED")[0]?.payload.total ?? 0;
  expect(feedback(events)).toHaveLength(1);
  expect(feedback(events)[0]).toMatch(/ERROR_INSUFFICIENT_COVERAGE: Total coverage 0\.\d+ is below 0\.\d+ of the base/);
  expect(feedback(events)[0]).toContain((Math.floor(total * 10_000) / 10_000).toFixed(4));
  expect(of(events, "BASE_MEASURED")).toHaveLength(1);
  expect(exitCode).toBe(0);
});

it("counts a report only when the commands of the verification wrote it", async () => {
  const forged = "TN:\nSF:src/add.js\nFN:2,add\nFNDA:9,add\nDA:1,9\nDA:2,9\nDA:3,9\nDA:4,9\nend_of_record\n";
  const silent = PLAN.replace(TEST, "[node, --test]");
  const { events, exitCode } = await work({ "plan.yaml": silent, "lcov.info": forged, ...OLD_FILES }, [
    write("src/add.js", ADD),
    write("test/add.test.js", ADD_TEST),
    bash("echo 'TN:' >> lcov.info"),
    submit,
    { name: "report_blocker", input: { reason: "the plan's commands write no report" } },
  ]);
  expect(feedback(events)[0]).toContain("ERROR_INSUFFICIENT_COVERAGE: the commands wrote no report lcov.info");
  expect(exitCode).not.toBe(0);
});

it("refuses a result whose files the commands changed first, and takes it once the work holds that change", async () => {
  const upper = PLAN.replace("test: [node", "compile: [sed, -i, s/sum/Sum/, src/add.js], test: [node");
  const files = { "src/old.js": "export const one = 1;\n", "plan.yaml": upper };
  const { events, exitCode } = await work(files, [
    write("src/add.js", ADD.replace("Sum", "sum")),
    write("test/add.test.js", ADD_TEST),
    submit,
    bash("sed -i s/sum/Sum/ src/add.js"),
    submit,
  ]);
  expect(feedback(events)).toEqual([
    expect.stringMatching(
      /^ERROR_TESTS_FAILED: the commands changed src\/add\.js, so they did not run on the files that are judged\. .*\[output: ev_/,
    ),
  ]);
  expect(exitCode).toBe(0);
});

it("says which limit stopped a command, and which was not run for another", async () => {
  const commands = "compile: [node, --check, src/none.js], test: [sleep, '3600'], timeout: 2s";
  const plan = PLAN.replace(`test: ${TEST}`, commands);
  const late = { name: "report_blocker", input: { reason: "the commands are not mine" } };
  const calls = [write("src/add.js", ADD), write("test/add.test.js", ADD_TEST), submit, late];
  const failed = await work({ ...OLD_FILES, "plan.yaml": plan }, calls);
  expect(feedback(failed.events)[0]).toContain("compile command node --check src/none.js ended with 1");
  expect(feedback(failed.events)[0]).toContain("test command sleep 3600 was not run, as one before it failed");
  repo?.remove();
  const stopped = await work({ ...OLD_FILES, "plan.yaml": plan.replace("none.js", "old.js") }, calls);
  expect(feedback(stopped.events)[0]).toMatch(
    /^ERROR_TESTS_FAILED: test command sleep 3600 was stopped by a limit: timeout/,
  );
});

it("refuses a report in hostile XML, too large, or about other sources, and says why", async () => {
  const copied = PLAN.replace(TEST, "[cp, hostile.xml, c.xml]").replace(
    "lcov.info, format: lcov",
    "c.xml, format: cobertura",
  );
  const report = (head: string, file: string): string =>
    `${head}<coverage><packages><package><classes><class filename="${file}"><lines><line number="3" hits="1"/></lines></class></classes></package></packages></coverage>`;
  const entities = report('<!DOCTYPE coverage [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "src/add.js");
  const files = { ...OLD_FILES, "plan.yaml": copied, "hostile.xml": entities };
  const blocked = { name: "report_blocker", input: { reason: "the report is not mine" } };
  const hostile = await work(files, [write("src/add.js", ADD), submit, blocked]);
  const why = "ERROR_INSUFFICIENT_COVERAGE: c.xml: the report declares entities or types of its own";
  expect(feedback(hostile.events)[0]).toContain(why);
  expect(hostile.exitCode).not.toBe(0);
  repo?.remove();
  const large = copied.replace("[cp, hostile.xml, c.xml]", "[truncate, -s, 70M, c.xml]");
  const over = await work({ ...files, "plan.yaml": large }, [write("src/add.js", ADD), submit, blocked]);
  expect(feedback(over.events)[0]).toContain("the report c.xml is longer than 67108864 bytes");
  expect(of(over.events, "ESCALATION")[0]?.payload.reason).toContain("the report is not mine"); // the run went on
  repo?.remove();
  const others = report("", "../elsewhere/src/add.js");
  const other = await work({ ...files, "hostile.xml": others }, [write("src/add.js", ADD), submit, blocked]);
  expect(feedback(other.events)[0]).toContain("c.xml: the report names no file of the tree");
  expect(other.exitCode).not.toBe(0);
});

const coverage = works("python3-coverage", "--version");
it.skipIf(!coverage)("judges Python by coverage.py's XML report [needs python3-coverage]", async () => {
  const plan = PLAN.replace(
    `test: ${TEST}`,
    "lint: [python3-coverage, run, --source=src, test/add_test.py], test: [python3-coverage, xml, -o, coverage.xml]",
  )
    .replace("lcov.info, format: lcov", "coverage.xml, format: cobertura")
    .replace("[src/add.js, test/add.test.js, src/old.js, lcov.info]", "[src/add.py, test/add_test.py]");
  const add = 'def add(a, b):\n    """Sum of two numbers."""\n    return a + b\n';
  const sub = `${add}\n\ndef sub(a, b):\n    """Difference of two numbers."""\n    return a - b\n`;
  const tests = 'import sys\n\nsys.path.insert(0, "src")\nfrom add import add\n\nassert add(3, 2) == 5\n';
  const { events, exitCode } = await work({ "plan.yaml": plan }, [
    write("test/add_test.py", tests),
    write("src/add.py", sub),
    submit,
    write("test/add_test.py", `${tests}from add import sub\n\nassert sub(3, 2) == 1\n`),
    submit,
  ]);
  expect(feedback(events)).toHaveLength(1);
  expect(feedback(events)[0]).toContain("Coverage 0.7500 of src/add.py is below 0.9500: 3 of 4 changed lines hit");
  expect(feedback(events)[0]).toContain("Untested functions 1: sub (src/add.py:6)");
  expect(exitCode).toBe(0);
  expect(of(events, "VERIFIED").at(-1)?.payload).toMatchObject({ pass: true, coverage: { lines: 1, total: 1 } });
});

const gcov = works("gcov", "--version") && works("make", "--version");
it.skipIf(!gcov)(
  "judges C by gcov's report, and asks nothing of what a header declares [needs make, gcov]",
  async () => {
    const plan = PLAN.replace(TEST, "[make, gcov]")
      .replace("lcov.info, format: lcov", "build/ring.json, format: gcov")
      .replace("[src/add.js, test/add.test.js, src/old.js, lcov.info]", "[src/ring.c, src/ring.h, test/ring.c]");
    const makefile =
      "gcov:\n\tmkdir -p build\n\tgcc --coverage -O0 -c src/ring.c -o build/ring.o\n" +
      "\tgcc --coverage build/ring.o test/ring.c -o build/t\n\t./build/t\n" +
      "\tgcov --json-format --stdout -o build build/ring.o > build/ring.json\n";
    const next = "/** Next place. */\nint next(int at) {\n  return at + 1;\n}\n";
    const last = "\n/** Place before. */\nint last(int at) {\n  return at - 1;\n}\n";
    const tests = (sum: string): string => `#include "../src/ring.h"\nint main(void) {\n  return ${sum};\n}\n`;
    const files = { ".gitignore": "build/\n", Makefile: makefile, "plan.yaml": plan };
    const { events, exitCode } = await work(
      { ...files, "src/ring.c": next, "src/ring.h": "int next(int at);\n", "test/ring.c": tests("next(1) - 2") },
      [
        write("src/ring.c", next + last),
        write("src/ring.h", "int next(int at);\nint last(int at);\n"),
        submit,
        write("test/ring.c", tests("next(1) - 2 + last(1)")),
        submit,
      ],
    );
    expect(feedback(events)).toHaveLength(1);
    expect(feedback(events)[0]).toContain("Untested functions 1: last (src/ring.c:7)");
    expect(feedback(events)[0]).not.toContain("ring.h");
    expect(exitCode).toBe(0);
  },
);

it("takes code that merely moved for what it was", async () => {
  const knot = `export function knot(a) {\n${Array.from({ length: 9 }, (_, index) => `  if (a === ${index}) return ${index};\n`).join("")}  return a;\n}\n`;
  const { events, exitCode } = await work({ ...OLD_FILES, "src/knot.js": knot }, [
    write("src/add.js", knot),
    write("test/add.test.js", "import '../src/add.js';\nimport '../src/old.js';\nimport '../src/knot.js';\n"),
    submit,
  ]);
  expect(of(events, "SECURITY_VIOLATION")).toEqual([]);
  expect(feedback(events)).toEqual([]);
  expect(exitCode).toBe(0);
});
