import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { probeBackends } from "../../src/effect/sandbox/probe.js";
import { makeRepo, PROBE_DIR, type Repo } from "./harness.js";
import { of, runScripted, submit, use } from "./scripted-run.js";

/**
 * A crew on sources that nobody wrote for this project: the package process-warning as npm unpacks it, verified by its
 * own tests. Only the model's words are scripted.
 */
const PACKAGE = join(fileURLToPath(new URL("../..", import.meta.url)), "node_modules", "process-warning");

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const confined = (await probeBackends({ stateDir: PROBE_DIR })).chosen !== null;

/** The package's files by their paths, but for what CI runs there. */
function packageFiles(): Record<string, string> {
  const entries = readdirSync(PACKAGE, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(PACKAGE.length + 1));
  const kept = paths.filter((path) => !/^(\.github|node_modules)\//.test(path));
  return Object.fromEntries(kept.map((path) => [path, readFileSync(join(PACKAGE, path), "utf8")]));
}

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: warning
title: Warn of experimental features
budget: { usd: 5 }
phases:
  - id: build
    tasks:
      - id: W-1
        title: Add createExperimental beside createDeprecation
        owner: implementer
        files: { write: [index.js, test/experimental.test.js], read: ["**"] }
        verify:
          test: [node, --test, --experimental-test-coverage, --test-reporter=lcov, --test-reporter-destination=lcov.info]
          coverage: { report: lcov.info, format: lcov }
`;

const AFTER = "  return createWarning({ ...params, name: 'DeprecationWarning' })\n}\n";
const FUNCTION = `
/**
 * Creates a warning item for an experimental feature.
 * @param {ProcessWarningOptions} params - Options for creating the warning.
 * @returns {WarningItem} The created warning item.
 */
function createExperimental (params) {
  return createWarning({ ...params, name: 'ExperimentalWarning' })
}
`;
const EXPORTS = "const out = { createWarning, createDeprecation, spyWarning }";
const TEST = `'use strict'

const { test } = require('node:test')
const { createExperimental } = require('..')

test('an experimental warning has its name', t => {
  const warning = createExperimental({ code: 'E1', message: 'may change' })
  t.assert.equal(warning.name, 'ExperimentalWarning')
})
`;
const edit = (old_string: string, new_string: string): object =>
  use("Edit", { file_path: "index.js", old_string, new_string });

describe.skipIf(!confined)(`a real package${confined ? "" : " (needs a sandbox)"}`, () => {
  it("gets a function by a crew: its own tests stop what breaks it, and let through what does not", async () => {
    repo = makeRepo({ ...packageFiles(), ".gitignore": "node_modules\nlcov.info\n", "plan.yaml": PLAN });
    const { exitCode, events, reason } = await runScripted(repo, {
      "W-1:work:1": [
        use("Read", { file_path: "index.js" }),
        use("Bash", { command: "node --test test/index.test.js" }),
        edit("name: 'DeprecationWarning'", "name: 'ExperimentalWarning'"),
        submit,
        edit("name: 'ExperimentalWarning'", "name: 'DeprecationWarning'"),
        edit(AFTER, `${AFTER}${FUNCTION}`),
        edit(EXPORTS, EXPORTS.replace("createDeprecation", "createDeprecation, createExperimental")),
        submit,
        use("Write", { file_path: "test/experimental.test.js", content: TEST }),
        submit,
      ],
    });
    expect(exitCode, reason).toBe(0);
    const [broken, untested, ...more] = of(events, "TASK_REJECTED").map(({ payload }) => payload.feedback);
    expect(broken).toMatch(/^ERROR_TESTS_FAILED: test command node --test [\s\S]*ended with 1/);
    expect(untested).toMatch(/ERROR_UNTESTED_FUNCTIONS[\s\S]*index\.js:\d+ createExperimental/);
    expect(more).toEqual([]);
    const own = Object.keys(packageFiles()).filter((path) => /^test\/.*\.test\.js$/.test(path));
    expect(own.length).toBeGreaterThan(5);
    const accepted = of(events, "VERIFIED").at(-1)?.payload;
    expect(accepted).toMatchObject({ pass: true, coverage: { lines: 1 } });
    expect(repo.git("diff", "--stat", "main", "worknode/warning/1").trim().split("\n").at(-1)).toMatch(
      /2 files changed/,
    );
    expect(repo.git("show", "worknode/warning/1:index.js")).toContain(FUNCTION);
    expect(repo.git("status", "--porcelain", "--", ":!.worknode")).toBe("");
  });
});
