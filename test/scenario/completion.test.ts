import { afterEach, expect, it } from "vitest";
import type { AnyEvent, EventType } from "../../src/schema/event.js";
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

const OLD_FILES = { "src/old.js": OLD, "test/old.test.js": OLD_TEST };

it("lets tested work on untested old code pass, by the total of the same commands on the base", async () => {
  const { exitCode, events } = await work(OLD_FILES, [
    write("src/add.js", ADD),
    write("test/add.test.js", ADD_TEST),
    submit,
  ]);
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
