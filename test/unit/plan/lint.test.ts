import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../src/plan/load-plan.js";
import { formatFault, type PlanFault } from "../../../src/plan/plan-fault.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const PLAN = readFileSync(`${root}plans/linkcheck.yaml`, "utf8");

/** The plan with each piece replaced; a piece that is not in it is a mistake of the test. */
function changed(...pieces: readonly [from: string, to: string][]): string {
  return pieces.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the plan has no ${from}`);
    return text.replace(from, () => to);
  }, PLAN);
}

/** Line, counted from 1, and text of the line a fault points at. */
function lineOf(text: string, fault: PlanFault): string {
  return text.split("\n")[fault.line - 1] ?? "";
}

const faultsOf = (text: string): PlanFault[] => loadPlan(text, "plans/linkcheck.yaml").faults;
const codesOf = (text: string): string[] => faultsOf(text).map((fault) => fault.code);

describe("plans that are sound", () => {
  it("the plan with every part of the format has no fault", () => {
    expect(faultsOf(PLAN).map((fault) => formatFault("linkcheck.yaml", fault))).toEqual([]);
  });

  it("so has a plan of ten lines without agents, budget or verify, because it writes no code", () => {
    const { plan, faults } = loadPlan(readFileSync(`${root}plans/minimal.yaml`, "utf8"), "plans/minimal.yaml");
    expect(faults).toEqual([]);
    expect(Object.keys(plan?.agents ?? {})).toEqual(["executive", "implementer", "validator"]);
  });

  it("so has the demo's plan", () => {
    expect(loadPlan(readFileSync(`${root}plans/demo/plan.yaml`, "utf8"), "plans/demo/plan.yaml").faults).toEqual([]);
  });

  const shared = "/work/shared/plan.example.yaml";
  it.skipIf(!existsSync(shared))("so has the format's reference example (where it is at hand)", () => {
    expect(loadPlan(readFileSync(shared, "utf8"), "plan.yaml").faults).toEqual([]);
  });
});

/** A fault: its code, what is changed, and what the line that is pointed at contains. */
type Case = [code: string, from: string, to: string, line: string];

const NAMES: Case[] = [
  ["duplicate-id", "  - id: express", "  - id: execute", "- id: execute"],
  ["duplicate-id", "- id: LC-001", "- id: LC-000", "id: LC-000"],
  ["duplicate-id", "- id: draft", "- id: node", "- id: node"],
  ["duplicate-id", "{ id: no-delete,", "{ id: whitelist,", "no-delete"],
  ["duplicate-id", "name: Weekly audit", "name: Idle agents", "0 6 * * 1"],
  [
    "duplicate-id",
    "intent: deploy, destructive: false, targets: [build-1, build-2]",
    "intent: deploy, destructive: false, targets: [build-1, build-1]",
    "intent: deploy",
  ],
  ["duplicate-key", "title: Execute\n", "title: Execute\n    title: Twice\n", "Twice"],
  ["unknown-owner", "owner: reviewer", "owner: nobody", "nobody"],
  ["unknown-agent", "            agent: implementer", "            agent: nobody", "agent: nobody"],
  ["unknown-agent", "tiers: { executive: planner }", "tiers: { executive: boss }", "tiers:"],
  ["unknown-task", "needs: [LC-001, LC-002]", "needs: [LC-001, LC-999]", "LC-999"],
  ["unknown-task", "tasks: [LC-003], reason", "tasks: [LC-999], reason", "LC-999"],
  ["unknown-task", "decides: [LC-001,", "decides: [LC-999,", "LC-999"],
  ["unknown-task", "tasks: [LC-001, LC-002] }", "tasks: [LC-999] }", "quiet-tests"],
  ["unknown-task", "task: LC-005 } }", "task: LC-999 } }", "Weekly audit"],
  ["unknown-phase", "needs: [express]", "needs: [expres]", "expres"],
  [
    "unknown-target",
    "destructive: true, targets: [build-1, build-2]",
    "destructive: true, targets: [build-9]",
    "build-9",
  ],
  ["unknown-target", "canary: { target: build-1", "canary: { target: build-9", "build-9"],
  ["unknown-tool", "tools: [Write, Edit]", "tools: [Write, Delete]", "Delete"],
  ["unknown-tool", "tools: [Read, Glob", "tools: [read, Glob", "reviewer:"],
];

const ORDER: Case[] = [
  ["dependency-cycle", "        needs: [LC-000]", "        needs: [LC-003]", "needs: [LC-003]"],
  ["dependency-cycle", "    needs: [plan]", "    needs: [review]", "needs: [review]"],
  ["dependency-cycle", "        needs: [LC-000]", "        needs: [LC-002]", "needs: [LC-002]"],
  ["later-phase", "        needs: [LC-000]", "        needs: [LC-004]", "needs: [LC-004]"],
  ["template-phases", "  - id: express", "  - id: release", "- id: release"],
  ["template-phases", "    needs: [plan]", "    needs: []", "needs: []"],
  ["decides-not-before", "decides: [LC-001, ", "decides: [LC-006, ", "LC-006"],
  [
    "decides-not-validation",
    "        needs: [LC-005]\n        action: { intent: deploy",
    "        needs: [LC-005]\n        decides: [LC-001]\n        action: { intent: deploy",
    "decides: [LC-001]",
  ],
  [
    "context-not-ready",
    "        needs: [LC-001, LC-002]",
    "        needs: [LC-001]\n        with: { x: \"${{ tasks['LC-002'].status }}\" }",
    "with: { x:",
  ],
];

const PATHS: Case[] = [
  ["bad-path", "write: [README.md]", "write: [/README.md]", "README.md"],
  ["bad-path", "write: [README.md]", "write: [~/README.md]", "README.md"],
  ["bad-path", "write: [README.md]", "write: [../README.md]", "README.md"],
  ["bad-path", "write: [README.md]", "write: [./README.md]", "README.md"],
  ["bad-path", "write: [README.md]", "write: ['a\\b.md']", "b.md"],
  ["bad-path", "write: [README.md]", 'write: ["e\\u0301.md"]', "u0301"],
  ["bad-path", "write: [README.md]", "write: [a//b.md]", "a//b.md"],
  ["bad-path", "write: [README.md]", "write: [docs/]", "docs/"],
  ["bad-path", "write: [README.md]", "write: [README.md.]", "README.md."],
  ["bad-path", "write: [README.md]", "write: [.GIT/config]", ".GIT"],
  ["bad-path", "read: [src/**, docs/DESIGN.md]", "read: [../**]", "../**"],
  ["bad-path", "link: [node_modules]", "link: [/node_modules]", "link:"],
  ["bad-path", "scratch: [coverage/, dist/]", "scratch: [../coverage/]", "scratch:"],
  ["bad-path", "deny: [.env*", "deny: [/.env*", "deny:"],
  ["bad-path", "mayExtend: [src/**", "mayExtend: [../src/**", "mayExtend:"],
  [
    "bad-path",
    "report: coverage/lcov.info, format: lcov, min",
    "report: ../lcov.info, format: lcov, min",
    "../lcov.info",
  ],
  ["bad-path", "report: coverage/lcov.info, format: lcov, min", "report: coverage/*.info, format: lcov, min", "*.info"],
  ["bad-path", "instructions: agents/planner.md", "instructions: ../planner.md", "planner:"],
  ["bad-path", "  env: {", "  toolchains: [usr/local]\n  env: {", "toolchains"],
  ["matches-nothing", "write: [README.md]", "write: ['README.{md']", "README.{md"],
  ["matches-nothing", "write: [README.md]", "write: ['!README.md']", "!README.md"],
  ["matches-nothing", "write: [README.md]", "write: [.env.local]", ".env.local"],
  ["matches-nothing", "write: [README.md]", "write: [secrets/a.md]", "secrets/a.md"],
  ["matches-nothing", "link: [node_modules]", "link: [secrets/]", "link:"],
  ["matches-nothing", "tasks: [LC-003], reason", "tasks: [LC-004], reason", "LC-004"],
  ["matches-nothing", "allowActions: [deploy]", "allowActions: [deplpy]", "deplpy"],
  [
    "matches-nothing",
    "        files: { write: [README.md] }",
    "        files: { write: [README.md] }\n        approval: { require: [human] }",
    "approval:",
  ],
  ["hard-denied-path", "write: [README.md]", "write: [.worknode/plans/next.yaml]", ".worknode"],
  ["hard-denied-path", "write: [README.md]", "write: [.github/workflows/**]", ".github"],
  ["hard-denied-path", "write: [README.md]", "write: [.claude/settings.json]", ".claude"],
  ["hard-denied-path", "write: [README.md]", "write: [plans/linkcheck.yaml]", "plans/linkcheck.yaml"],
  ["hard-denied-path", "write: [README.md]", "write: [agents/planner.md]", "write: [agents/planner.md]"],
  ["hard-denied-path", "mayExtend: [src/**", "mayExtend: [.ci/**", "mayExtend:"],
  ["hard-denied-path", "scratch: [coverage/", "scratch: [.worknode/", "scratch:"],
  ["write-in-scratch", "write: [README.md]", "write: [dist/README.md]", "dist/README.md"],
  ["overlapping-files", "write: [src/check.ts,", "write: [src/**,", "src/**"],
];

const TIERS: Case[] = [
  ["looser-limit", "maxComplexity: 7", "maxComplexity: 9", "maxComplexity"],
  ["looser-limit", "maxFunctionLines: 50", "maxFunctionLines: 61", "maxFunctionLines"],
  ["looser-limit", "allowDelete: false", "allowDelete: true", "allowDelete"],
  ["looser-limit", "minLineCoverage: 0.95", "minLineCoverage: 0.9", "minLineCoverage"],
  ["looser-limit", "maxUntestedFunctions: 0", "maxUntestedFunctions: 1", "maxUntestedFunctions"],
  ["looser-limit", "requireDocs: true", "requireDocs: false", "requireDocs"],
  ["looser-limit", "planDeviationAlert: 0.12", "planDeviationAlert: 0.2", "planDeviationAlert"],
  ["looser-limit", "reviewEvery: 30m", "reviewEvery: 2h", "reviewEvery"],
  ["looser-limit", "limits: { maxFunctionLines: 40", "limits: { maxFunctionLines: 55", "maxFunctionLines: 55"],
  ["looser-limit", "limits: { maxFunctionLines: 40", "limits: { maxComplexity: 8", "maxComplexity: 8"],
  ["looser-limit", "min: 0.97", "min: 0.9", "min: 0.9"],
  ["looser-limit", "grants: [elevated], maxDuration: 2h", "grants: [elevated], maxDuration: 3h", "firefighter"],
  [
    "looser-limit",
    'rule: "built-in:no-delete", level: mandatory',
    'rule: "built-in:no-delete", level: advisory',
    "no-delete",
  ],
  ["looser-limit", "ttl: 10m", "ttl: 2h", "ttl: 2h"],
  ["tier-write", "write: [docs/DESIGN.md]", "write: [src/a.ts]", "src/a.ts"],
  ["tier-write", "write: [docs/DESIGN.md]", "write: ['**']", "**"],
  ["tier-write", "write: [docs/DESIGN.md]", "write: [docsx/a.md]", "docsx"],
  ["tier-write", "reports/validation/LC-005.json", "reports/LC-005.json", "reports/LC-005.json"],
  ["elevated-not-executive", "model: opus, maxDuration: 30m", "grants: [elevated]", "debugger"],
  ["tier-mismatch", "tiers: { executive: planner }", "tiers: { executive: reviewer }", "tiers:"],
  [
    "code-without-tests",
    "          test: [npx, vitest, run, --coverage, --coverage.reporter=lcov, test/check.test.ts]\n",
    "",
    "verify:",
  ],
  [
    "code-without-coverage",
    "          coverage: { report: coverage/lcov.info, format: lcov, min: 0.97 }\n",
    "",
    "verify:",
  ],
  ["code-without-tests", "write: [README.md]", "write: [lib/**]", "id: LC-004"],
  [
    "coverage-without-test",
    "          test: [npx, vitest, run, --coverage, --coverage.reporter=lcov]\n",
    "",
    "verify:",
  ],
];

const COMMANDS: Case[] = [
  ["shell-string", "compile: [npx, tsc, --noEmit]", "compile: npx tsc --noEmit", "npx tsc"],
  ["shell-command", "command: [node, --version]", 'command: [sh, -c, "node --version"]', "[sh,"],
  ["shell-command", "command: [node, --version]", "command: [/bin/bash, -lc, x]", "bash"],
  ["shell-command", "command: [node, --version]", "command: [env, A=1, sh, -c, x]", "env"],
  ["shell-command", "command: [node, --version]", "command: [docker, run, alpine, sh, -c, x]", "docker"],
  ["shell-command", "command: [node, --version]", "command: [npx, -c, x y]", "npx"],
  ["shell-command", "command: [npm, ci]", "command: [cmd.exe, /c, npm ci]", "cmd.exe"],
  ["script-file", "command: [npx, markdownlint, README.md]", "command: [./lint.sh]", "lint.sh"],
  [
    "expression-in-command",
    "command: [npx, markdownlint, README.md]",
    'command: [npx, "${{ inputs.docs_dir }}"]',
    "inputs.docs_dir",
  ],
  ["empty-command", "command: [npm, ci]", "command: []", "prepare"],
  ["empty-command", "command: [npm, ci]", 'command: [""]', "prepare"],
  ["bad-argument", "command: [node, --version]", "command: [sleep, 5]", "sleep"],
];

const EXPRESSIONS: Case[] = [
  ["expression-syntax", "phases.execute.status == 'DONE'", "phases.execute.status == ", "phases.execute"],
  ["expression-syntax", '"${{ result.client }}"', '"${{ result.client }"', "result.client"],
  ["expression-unknown-name", "phases.execute.status", "phases.nope.status", "phases.nope"],
  ["expression-unknown-name", "tasks['LC-000'].status == 'DONE'\", ", "tasks['LC-999'].status == 'DONE'\", ", "LC-999"],
  ["expression-unknown-name", "tasks['LC-000'].outputs.client", "tasks['LC-000'].outputs.nope", "outputs.nope"],
  ["expression-unknown-name", "${{ with.client }}", "${{ with.nope }}", "with.nope"],
  ["expression-unknown-name", "${{ inputs.concurrency }}", "${{ inputs.nope }}", "inputs.nope"],
  [
    "expression-unknown-name",
    "has(steps.write.outputs.newDependency)",
    "has(steps.write.outputs.nope)",
    "outputs.nope",
  ],
  [
    "expression-unknown-name",
    "has(steps.write.outputs.newDependency)",
    "has(steps.later.outputs.newDependency)",
    "steps.later",
  ],
  [
    "expression-unknown-name",
    "has(steps.write.outputs.newDependency)",
    "steps.write.outputs.?nope.hasValue()",
    "?nope",
  ],
  [
    "expression-unknown-name",
    "${{ steps.write.outputs.newDependency }}",
    "${{ steps.gate.outputs.newDependency }}",
    "steps.gate",
  ],
  ["expression-unknown-name", "now.weekday == 5", "now.day_of_week == 5", "day_of_week"],
  ["expression-unknown-name", "call.tier != 'executive'", "caller.tier != 'executive'", "caller"],
  ["expression-unknown-name", "key: event.task_id", "key: task.id", "key: task.id"],
  ["expression-type", "files.exist('docs/DESIGN.md')", "files.exist(5)", "files.exist(5)"],
  ["expression-type", "phases.execute.status == 'DONE'", "phases.execute.status", "phases.execute"],
  ["expression-type", "tasks['LC-000'].status == 'DONE'\", ", "tasks['LC-000'].outputs.client > 3\", ", "client > 3"],
  ["expression-type", "has(steps.write.outputs.newDependency)", "has(tasks['LC-000'].outputs.client)", "has(tasks"],
  ["expression-unbounded", "phases.execute.status == 'DONE'", "phases.execute.status.matches('(D+)+E')", "matches"],
  ["bad-pattern", '"^v2[0-9]\\\\."', '"^v2[0-9"', "^v2[0-9"],
  ["empty-check", "        command: [npx, markdownlint, README.md]\n", "", "after: true"],
  [
    "output-not-given",
    'outputs: { client: "${{ result.client }}" }',
    'outputs: { other: "${{ result.client }}" }',
    "outputs: { client:",
  ],
];

const SETTINGS: Case[] = [
  ["unknown-rule", "built-in:no-delete", "built-in:no-fun", "no-fun"],
  ["bad-risk-limits", "auditor: 59", "auditor: 20", "risk:"],
  ["risk-looser", "risk: { auto: 24, auditor: 59", "risk: { auto: 60, auditor: 60", "risk:"],
  ["unsatisfiable-review", "humans: [team/maintainers]", "humans: []", "gate:"],
  [
    "unsatisfiable-review",
    "humanReview: on-risk\n  reviewers: { humans: [team/maintainers]",
    "humanReview: always\n  reviewers: { humans: []",
    "reviewers:",
  ],
  ["unsatisfiable-review", "reviewers: { humans", "reviewers: { auditors: [], humans", "reviewers:"],
  ["unknown-agent", "reviewers: { humans", "reviewers: { auditors: [nobody], humans", "nobody"],
  ["reviewer-not-validation", "reviewers: { humans", "reviewers: { auditors: [planner], humans", "reviewers:"],
  ["bad-cron", '"0 9 * * 1-5"', '"0 9 * *"', "0 9 * *"],
  ["bad-cron", '"0 9 * * 1-5"', '"0 0 31 2 *"', "31 2"],
  ["bad-cron", '"0 9 * * 1-5"', '"0 25 * * 1-5"', "25"],
  ["bad-timezone", "America/New_York", "America/Gotham", "Gotham"],
  ["bad-timezone", "timezone: Europe/Berlin", "timezone: Berlin", "timezone: Berlin"],
  ["bad-trigger", "of: tasks.*", "of: everything", "everything"],
  ["unknown-task", "of: tasks.*", "of: tasks.LC-999", "LC-999"],
  ["bad-trigger", "    type: EVENT\n", "    type: EVENT\n    schedule: CRON\n", "Two failed builds"],
  ["bad-trigger", "    event_type: COMPILATION_FAILED\n", "", "Two failed builds"],
  ["bad-trigger", "schedule: PERIODIC, every: 2h,", 'schedule: PERIODIC, every: 2h, cron: "0 9 * * *",', "Idle agents"],
  ["bad-trigger", ", action: { type: ESCALATE, to: executive } }", " }", "Idle agents"],
  ["bad-trigger", "action: { type: REPORT, to: executive }", "action: { type: REPORT }", "Daily report"],
  ["unknown-agent", "{ role: firefighter }", "{ role: hero }", "hero"],
  ["unknown-agent", "to: assignee", "to: everyone", "everyone"],
  ["unknown-event", "event_type: COMPILATION_FAILED", "event_type: COMPILATION_FALED", "FALED"],
  ["bad-rollout", "  canary: { target: build-1, allowActions: [deploy] }\n", "", "mode: canary"],
  ["bad-rollout", "canary: { target: build-1", "canary: { target: local", "target: local"],
  [
    "action-not-executive",
    "        owner: planner\n        needs: [LC-006]",
    "        owner: reviewer\n        needs: [LC-006]",
    "owner: reviewer",
  ],
  [
    "destructive-without-confirmation",
    "approval: { require: [auditor, human], confirmationToken: { scope: run, ttl: 10m, singleUse: true } }",
    "approval: { require: [auditor, human] }",
    "teardown",
  ],
  ["destructive-not-fail-fast", "onFailure: fail-fast", "onFailure: contain", "contain"],
  ["bad-input", "min: 1, max: 64", "min: 65, max: 64", "concurrency"],
  ["bad-input", "default: 8,", "default: 80,", "default: 80"],
  ["bad-input", "default: 8,", "default: eight,", "default: eight"],
  ["bad-input", "docs_dir: { type: string,", "docs_dir: { type: string, max: 3,", "docs_dir"],
  ["bad-input", "docs_dir: { type: string,", "docs_dir: { type: string, enum: [a, b],", "docs_dir"],
  ["bad-input", "docs_dir: { type: string,", "docs_dir: { type: string, enum: [docs, 3],", "docs_dir"],
  ["bad-output", "enum: [fetch, undici]", "enum: [fetch, 3]", "fetch, 3"],
  ["budget-too-small", "tokens: 4000000", "tokens: 40", "tokens: 40"],
  ["budget-too-small", "wallClock: 6h", "wallClock: 6s", "wallClock: 6s"],
  ["deadline-order", "deadline: 2027-03-03T17:00:00+01:00", "deadline: 2027-04-03T17:00:00+01:00", "2027-04-03"],
  [
    "deadline-order",
    "        needs: [LC-001, LC-002]\n",
    "        needs: [LC-001, LC-002]\n        deadline: 2027-03-01T17:00:00+01:00\n",
    "2027-03-01",
  ],
  ["bad-deadline", "deadline: 2027-03-05T17:00:00+01:00", "deadline: 2027-03-05T17:00:00", "deadline"],
  ["bad-deadline", "deadline: 2027-03-05T17:00:00+01:00", "deadline: 2027-02-30T17:00:00+01:00", "2027-02-30"],
  ["bad-duration", "reviewEvery: 30m", "reviewEvery: 30 minutes", "reviewEvery"],
  ["bad-duration", "reviewEvery: 30m", "reviewEvery: 0m", "reviewEvery"],
];

const FORM: Case[] = [
  ["unknown-key", "timezone: Europe", "timezon: Europe", "timezon"],
  ["unknown-key", "        estimate: 2\n        files", "        estimat: 2\n        files", "estimat"],
  ["missing-key", "        title: A README made from the command's own help\n", "", "id: LC-004"],
  ["missing-key", "title: linkcheck -", "description: linkcheck -", "apiVersion"],
  ["wrong-type", "estimate: 3", "estimate: three", "three"],
  ["invalid-value", "format: lcov, min", "format: lcof, min", "lcof"],
  ["invalid-value", "apiVersion: worknode/v1", "apiVersion: worknode/v2", "worknode/v2"],
  ["invalid-value", "kind: remote, address: build-1", "kind: cloud, address: build-1", "cloud"],
  ["invalid-value", "rule: coverage,", "rule: complexity,", "complexity"],
  ["out-of-range", "maxAgents: 4", "maxAgents: 0", "maxAgents"],
  ["out-of-range", "usd: 12", "usd: -1", "usd"],
  ["bad-id", "- id: LC-001", "- id: 'LC:001'", "LC:001"],
  ["bad-id", "  planner: { tier", "  'plan ner': { tier", "plan ner"],
  ["empty-text", "title: Execute\n", "title: ''\n", "title: ''"],
  [
    "bad-step",
    "            request: Decide between fetch and undici for HEAD requests with a time-out of 10 s, and record why.\n",
    "",
    "id: draft",
  ],
  [
    "bad-step",
    "            agent: planner\n",
    "            agent: planner\n            gate: { message: x, require: [human] }\n",
    "id: draft",
  ],
  [
    "bad-step",
    "            record: decision\n",
    "            record: decision\n            onFail: { error: x }\n",
    "id: draft",
  ],
  ["bad-checkpoint", "      - after: true\n", "      - after: true\n        before: true\n", "after: true"],
  ["bad-value", "limit: 8", "limit: [8]", "limit"],
  ["yaml-alias", "timezone: Europe/Berlin", "timezone: &zone Europe/Berlin", "&zone"],
  ["yaml-alias", "timezone: Europe/Berlin", "timezone: *zone", "*zone"],
  ["yaml-value", "estimate: 3", "estimate: .inf", ".inf"],
  ["yaml-key", "  docs_dir: {", "  1: {", "1: {"],
  ["yaml-syntax", "targets:  ", "targets: [", ""],
];

describe.each([
  ["names", NAMES],
  ["order", ORDER],
  ["paths", PATHS],
  ["tiers", TIERS],
  ["commands", COMMANDS],
  ["expressions", EXPRESSIONS],
  ["settings", SETTINGS],
  ["form", FORM],
])("lint finds faults of %s", (_, cases) => {
  it.each(cases)("%s: %s → %s", (code, from, to, line) => {
    const text = changed([from, to]);
    const faults = faultsOf(text);
    const found = faults.filter((fault) => fault.code === code);
    expect(faults.map((fault) => fault.code)).toContain(code);
    expect(found.map((fault) => lineOf(text, fault)).some((each) => each.includes(line))).toBe(true);
    for (const fault of found) expect(fault.column).toBeGreaterThan(0);
  });
});

describe("the documentation", () => {
  const docs = readFileSync(`${root}docs/plans.md`, "utf8");
  const cases = [NAMES, ORDER, PATHS, TIERS, COMMANDS, EXPRESSIONS, SETTINGS, FORM].flat();
  it("lists every code that lint can give", () => {
    const missing = new Set(cases.map(([code]) => code).filter((code) => !docs.includes(`\`${code}\``)));
    expect([...missing]).toEqual([]);
  });
});

describe("one pass", () => {
  it("reports independent faults together, sorted by line", () => {
    const text = changed(
      ["maxComplexity: 7", "maxComplexity: 12"],
      ["owner: reviewer", "owner: nobody"],
      ["write: [README.md]", "write: [../README.md]"],
      ["command: [node, --version]", 'command: [sh, -c, "node"]'],
      ["phases.execute.status", "phases.nope.status"],
    );
    const faults = faultsOf(text);
    expect(faults.map((fault) => fault.code)).toEqual([
      "looser-limit",
      "shell-command",
      "expression-unknown-name",
      "bad-path",
      "unknown-owner",
    ]);
    expect(faults.map((fault) => fault.line)).toEqual(faults.map((fault) => fault.line).sort((a, b) => a - b));
  });

  it("does not let a fault of form hide one of meaning", () => {
    const text = changed(
      ["timezone: Europe", "timezon: Europe"],
      ["compile: [npx, tsc, --noEmit]", "compile: npx tsc --noEmit"],
      ["maxComplexity: 7", "maxComplexity: 12"],
      ["owner: reviewer", "owner: nobody"],
      ["- id: LC-001", "- id: 'LC:001'"],
      ["        title: A README made from the command's own help\n", ""],
    );
    const codes = codesOf(text);
    for (const code of ["unknown-key", "shell-string", "looser-limit", "unknown-owner", "bad-id", "missing-key"])
      expect(codes).toContain(code);
  });

  it("does not invent faults about what a fault of form took away", () => {
    const shell = changed([
      "test: [npx, vitest, run, --coverage, --coverage.reporter=lcov, test/check.test.ts]",
      "test: npm test",
    ]);
    expect(codesOf(shell)).toEqual(["shell-string"]);
    const agent = changed(["  planner: { tier: executive,", "  planner: { tier: boss,"]);
    expect(codesOf(agent)).toEqual(["invalid-value"]);
    const target = changed(["kind: remote, address: build-1.internal", "kind: cloud, address: build-1.internal"]);
    expect(codesOf(target)).toEqual(["invalid-value"]);
  });

  it("refuses what is no plan at all, or two", () => {
    expect(codesOf(`${PLAN}\n---\na: 1\n`)).toContain("yaml-syntax");
    expect(codesOf("")).not.toEqual([]);
    expect(codesOf("just text")).not.toEqual([]);
    expect(codesOf("- a\n- b\n")).not.toEqual([]);
  });
});

describe("waivers and tests", () => {
  it("a person's waiver replaces tests and coverage of the tasks it names, and of no other", () => {
    const bare =
      "        verify:\n          compile: [npx, tsc, --noEmit]\n          test: [npx, vitest, run, --coverage, --coverage.reporter=lcov, test/check.test.ts]\n          coverage: { report: coverage/lcov.info, format: lcov }\n";
    const waived =
      "  - { rule: coverage, tasks: [LC-003, LC-002], reason: x }\n  - { rule: tests, tasks: [LC-002], reason: x }\n";
    const line =
      "  - { rule: coverage, tasks: [LC-003], reason: the first line of the program is exercised by a process test only }\n";
    expect(codesOf(changed([bare, ""]))).toEqual(["code-without-coverage", "code-without-tests"]);
    expect(codesOf(changed([bare, ""], [line, waived]))).toEqual([]);
  });

  it("a task that writes only tests, texts or nothing needs no coverage", () => {
    for (const write of ["test/**", "docs/**", "'**/*.md'", "package.json", "src/__tests__/a.ts"]) {
      expect(
        codesOf(changed(["write: [README.md]", `write: [${write}]`])).filter((code) => code.startsWith("code-")),
      ).toEqual([]);
    }
    for (const write of ["a.py", "src/*.go", "'**'", "'app/[id]/page.tsx'"]) {
      expect(codesOf(changed(["write: [README.md]", `write: [${write}]`]))).toContain("code-without-tests");
    }
  });
});

describe("preventSelfReview", () => {
  const own =
    "        owner: reviewer\n        steps:\n          - { id: work, agent: reviewer, request: x }\n          - { id: gate, gate: { message: m, require: [auditor] } }\n";
  it("is unsatisfiable when the only auditor did the work, and satisfiable with another or without the rule", () => {
    const gated = changed(["        owner: reviewer\n", own]);
    expect(codesOf(gated)).toEqual(["unsatisfiable-review"]);
    expect(codesOf(gated.replace("preventSelfReview: true", "preventSelfReview: false"))).toEqual([]);
    expect(codesOf(gated.replace("  firefighter:", "  second: { tier: validation }\n  firefighter:"))).toEqual([]);
  });
});
