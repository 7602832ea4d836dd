import { afterEach, expect, it } from "vitest";
import { makeRepo, type Repo, run, scripted } from "./harness.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const TEST = "[node, --test, --experimental-test-coverage, --test-reporter=lcov, --test-reporter-destination=lcov.info";
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: sum
title: Add numbers
budget: { usd: 5, maxAgents: 2 }
phases:
  - id: build
    tasks:
      - id: A
        title: Write add
        owner: implementer
        files: { write: [src/add.js, test/add.test.js] }
        verify: { test: ${TEST}, test/add.test.js], coverage: { report: lcov.info, format: lcov } }
      - id: B
        title: Write sub
        owner: implementer
        files: { write: [src/sub.js, test/sub.test.js] }
        verify: { test: ${TEST}, test/sub.test.js], coverage: { report: lcov.info, format: lcov } }
`;

const ifs = Array.from({ length: 10 }, (_, index) => `  if (n === ${index}) return ${index};`).join("\\n");
const COMPLEX = `/** Too much. */\\nexport function pick(n) {\\n${ifs}\\n  return -1;\\n}\\n`;
const good = (name: string, sign: string): string =>
  `/** ${name} of two numbers. */\\nexport function ${name}(a, b) {\\n  return a ${sign} b;\\n}\\n`;
const test = (name: string, want: number): string =>
  `import assert from 'node:assert';\\nimport { test } from 'node:test';\\nimport { ${name} } from '../src/${name}.js';\\ntest('${name}', () => assert.equal(${name}(3, 2), ${want}));\\n`;

const write = (path: string, text: string): string =>
  `    - tools: [{ name: Write, input: { file_path: ${path}, content: "${text}" } }]`;
const done = "    - tools: [{ name: submit_result, input: { summary: done } }]";
const accept = "    - tools: [{ name: submit_verdict, input: { decision: ACCEPT } }]";

const SCRIPT = `apiVersion: worknode/v1
kind: Script
replies:
  "-:plan-review:1":
    - tools: [{ name: submit_plan_review, input: { decision: ACCEPT, risks: [] } }]
  "A:work:1":
${write("src/add.js", COMPLEX)}
${write("src/add.js", good("add", "+"))}
${write("test/add.test.js", test("add", 6))}
${done}
${write("test/add.test.js", test("add", 5))}
${done}
  "A:critic:1":
${accept}
  "B:work:1":
${write("src/sub.js", good("sub", "-"))}
${write("test/sub.test.js", test("sub", 1))}
${done}
  "B:critic:1":
${accept}
`;

it("keeps code out that is too complex, untested or failing, and merges two tasks done at once", async () => {
  repo = makeRepo({ "README.md": "# r\n", "package.json": '{"type":"module"}\n', "plan.yaml": PLAN });
  const server = await scripted(repo, SCRIPT);
  const result = await run(repo);
  await server.close();
  const store = repo.store();
  const rejected = store.events({ type: "TASK_REJECTED" }).map(({ payload }) => payload as { feedback: string });
  const violations = store.events({ type: "SECURITY_VIOLATION" }).map(({ payload }) => payload);
  const results = store.events({ type: "SESSION_ENDED" }).map(({ payload }) => payload);
  store.close();
  expect(results).toMatchObject([{ reason: "done and verified" }]);
  expect(result.exitCode).toBe(0);
  expect(violations).toMatchObject([
    { code: "ERROR_COMPLEXITY_VIOLATION", message: "Function complexity 11 exceeds agent limit 8" },
  ]);
  expect(rejected).toHaveLength(1);
  expect(rejected[0]?.feedback).toContain("ERROR_TESTS_FAILED");
  expect(repo.git("ls-tree", "-r", "--name-only", "worknode/sum/1").trim().split("\n")).toEqual([
    "README.md",
    "package.json",
    "plan.yaml",
    "src/add.js",
    "src/sub.js",
    "test/add.test.js",
    "test/sub.test.js",
  ]);
});
