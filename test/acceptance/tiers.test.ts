import { afterEach, describe, expect, it, vi } from "vitest";
import { probeBackends } from "../../src/effect/sandbox/probe.js";
import { systemClock } from "../../src/kernel/clock.js";
import { pm_assign } from "../../src/memory/project-management.js";
import { registerWorknode } from "../../src/memory/worknodes.js";
import type { WorknodeRecord } from "../../src/schema/memory.js";
import { makeRepo, PROBE_DIR, type Repo, run, scripted } from "../scenario/harness.js";
import { eventsOf, of, runScripted, type ScriptedRun, scriptOf, submit, use, write } from "../scenario/scripted-run.js";
import { ask, jsonOf, worknode } from "./program.js";

/** REQUIREMENTS D: what each tier may do, and what is done about violations. */

let repo: Repo | undefined;
afterEach(() => {
  vi.restoreAllMocks();
  repo?.remove();
});

const confined = (await probeBackends({ stateDir: PROBE_DIR })).chosen !== null;

const planOf = (tasks: string, more = ""): string => `apiVersion: worknode/v1
kind: Plan
id: tiers
title: Tiers
${more}
phases:
  - id: build
    tasks:
${tasks}`;
const noteOf = (id: string, more = ""): string =>
  `      - { id: ${id}, title: Note, owner: implementer, files: { write: [${id}.md] }${more} }\n`;

interface Setting {
  readonly plan: string;
  readonly replies: Record<string, readonly object[]>;
  readonly files?: Record<string, string>;
}

async function work({ plan, replies, files = {} }: Setting): Promise<ScriptedRun> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan, ...files });
  return await runScripted(repo, replies);
}

const kept = (run: ScriptedRun): string[] =>
  of(run.events, "EFFECT_KEPT").flatMap(({ payload }) => payload.changes.map(({ path }) => path));
const decision = {
  id: "TECH-001",
  question: "Which?",
  decision: "this",
  rationale: "it works",
  alternatives_rejected: [{ option: "that", reason: "slow" }],
  confidence: 0.9,
};

describe("the executive", () => {
  it("decides, alerts, spawns and ends agents, writes documents, and no code", async () => {
    const tasks = `      - { id: E, title: Design, owner: executive, files: { write: [docs/D.md] } }\n${noteOf("A", ", needs: [E]")}`;
    const done = await work({
      plan: planOf(tasks),
      replies: {
        "E:work:1": [
          write("src/code.js", "export const a = 1;\n"),
          use("create_decision", decision),
          use("raise_alert", { severity: "warning", message: "look at this" }),
          use("spawn_agent", { role: "implementer", task: "A", files: ["A.md"], reason: "one pair of hands more" }),
          use("terminate_agent", { agent_id: "implementer-1", reason: "not needed" }),
          write("docs/D.md"),
          submit,
        ],
        "A:work:1": [write("A.md"), submit],
      },
    });
    expect(done.exitCode).toBe(0);
    expect(kept(done)).toEqual(["docs/D.md", "A.md"]);
    expect(of(done.events, "SECURITY_VIOLATION").map(({ payload }) => payload)).toMatchObject([
      { subject: "executive", rule: "tier-write", object: "src/code.js", code: "ERROR_PLAN_VIOLATION" },
    ]);
    expect(of(done.events, "DECISION_RECORDED").map(({ payload }) => payload)).toMatchObject([decision]);
    expect(of(done.events, "ALERT").map(({ payload }) => payload.message)).toContain("look at this");
    const child = of(done.events, "AGENT_SPAWNED").find(({ payload }) => payload.agent.id === "implementer-1");
    const ended = of(done.events, "AGENT_TERMINATED").find(({ payload }) => payload.agent_id === "implementer-1");
    expect(child?.payload).toMatchObject({ parent: "executive", tier: "implementation" });
    expect(ended?.seq).toBeGreaterThan(child?.seq ?? Number.POSITIVE_INFINITY);
  });

  it("is reminded to look for deviations once an hour, while the plan runs and not after", async () => {
    const HOUR_MS = 3_600_000;
    const real = systemClock.sleep.bind(systemClock);
    const hours: (() => void)[] = [];
    vi.spyOn(systemClock, "sleep").mockImplementation((ms, signal) =>
      ms === HOUR_MS ? new Promise((resolve) => hours.push(resolve)) : real(ms, signal),
    );
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(noteOf("A")) });
    const server = await scripted(
      repo,
      scriptOf({
        "A:work:1": [write("A.md"), { ...submit, hold: "here" }],
        "-:plan-review:1": [use("submit_plan_review", { decision: "ACCEPT", risks: [] })],
      }),
    );
    let seen = 0;
    server.onHold("here", () => hours.at(-1)?.());
    const result = await run(repo, "plan.yaml", ({ type }) => {
      if (type !== "REVIEW_DUE") return;
      seen += 1;
      if (seen === 1) queueMicrotask(() => setImmediate(() => hours.at(-1)?.()));
      else server.release("here");
    });
    await server.close();
    expect(result.exitCode).toBe(0);
    for (const wake of hours) wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(of(eventsOf(repo), "REVIEW_DUE").map(({ payload }) => payload)).toEqual([
      { cycle: 1, plan_id: "tiers" },
      { cycle: 1, plan_id: "tiers" },
    ]);
  });

  it("gets what an implementer cannot do, or did not in the steps it had; the task waits, and no other does", async () => {
    const block = use("resolve_escalation", { action: "block", reason: "a person has to see this" });
    const done = await work({
      plan: planOf(noteOf("A") + noteOf("B", ", limits: { maxExecutions: 2 }") + noteOf("C")),
      replies: {
        "A:work:1": [use("report_blocker", { reason: "no compiler", needs: "gcc" })],
        "A:escalation:1": [block],
        "B:work:1": ["*", "*.md", "*.js"].map((pattern) => use("Glob", { pattern })),
        "B:escalation:1": [block],
        "C:work:1": [write("C.md"), submit],
      },
    });
    expect(done.exitCode).toBe(6);
    const first = (task: string): object | undefined =>
      of(done.events, "ESCALATION").find((event) => event.task === task)?.payload;
    expect(first("A")).toMatchObject({ from: "implementer", to: "executive", reason: "no compiler", needs: "gcc" });
    expect(first("B")).toMatchObject({ to: "executive", reason: expect.stringContaining("limit of 2 executions") });
    const report = jsonOf((await ask(repo as Repo, "status", "--output-format", "json")).out);
    expect(report["tasks"]).toMatchObject([
      { id: "A", status: "BLOCKED" },
      { id: "B", status: "BLOCKED" },
      { id: "C", status: "DONE" },
    ]);
  });
});

describe("an implementer", () => {
  it.skipIf(!confined)("commits nothing, hooks asked for or not [needs a sandbox]", async () => {
    const done = await work({
      plan: planOf(noteOf("A")),
      replies: {
        "A:work:1": [
          use("Bash", {
            command: "echo y > A.md; git add A.md; git -c user.name=x -c user.email=x commit --no-verify -m x",
          }),
          write("A.md"),
          submit,
        ],
      },
    });
    expect(done.exitCode).toBe(0);
    const [result] = of(done.events, "TOOL_RESULT").filter(({ payload }) => payload.content.includes("Exit code"));
    expect(result?.payload.content).toMatch(/Exit code: 128[\s\S]*Read-only file system/);
    const commits = (repo as Repo).git("log", "--all", "--format=%an %s").trim().split("\n").toSorted();
    expect(commits).toEqual(["t base", expect.stringMatching(/^worknode /)]);
  });

  it("is a Worknode as a person is: same record, same events, same checks", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(noteOf("A") + noteOf("B")) });
    const call = (file: string) => [
      "tool",
      "Write",
      JSON.stringify({ file_path: file, content: "x\n" }),
      "--plan",
      "plan.yaml",
      "--task",
      "A",
      "--yes",
      "--output-format",
      "json",
    ];
    const refused = await worknode(repo, ...call("README.md"));
    expect(refused.code).toBe(3);
    expect((jsonOf(refused.out)["verdict"] as { checks: object[] }).checks).toHaveLength(8);
    const store = repo.store();
    const ann: WorknodeRecord = {
      id: "ann",
      type: "HUMAN",
      name: "Ann",
      capabilities: ["CODE_WRITING"],
      current_project: "tiers",
      current_task: null,
      session_start: 1,
      context_loaded: true,
      memory_budget: 200_000,
      status: "ACTIVE",
      files_open: [],
      context_items: [],
      blockers: [],
    };
    registerWorknode(store, ann);
    registerWorknode(store, { ...ann, id: "bot", type: "AI_AGENT", name: "Bot" });
    expect(Object.keys(store.queries.worknode("ann") ?? {})).toEqual(Object.keys(store.queries.worknode("bot") ?? {}));
    for (const [task, assignee] of [
      ["A", "ann"],
      ["B", "bot"],
    ] as const)
      expect(pm_assign(store, { task, assignee, by: "lead" })).toMatchObject({
        ok: true,
        value: { id: task, owner: assignee },
      });
    const assigned = store.events({ type: "TASK_ASSIGNED" }).map(({ actor, payload }) => ({ actor, payload }));
    store.close();
    expect(assigned).toEqual([
      { actor: "lead", payload: { assignee: "ann", by: "lead" } },
      { actor: "lead", payload: { assignee: "bot", by: "lead" } },
    ]);
  });
});

describe("a validator", () => {
  it("writes reports and nothing else, and its verdicts are on record", async () => {
    const tasks = `${noteOf("A")}      - { id: V, title: Report, owner: validator, needs: [A], files: { write: [reports/validation/v.md] } }\n`;
    const agents =
      "agents:\n  executive: { tier: executive }\n  implementer: { tier: implementation }\n  validator: { tier: validation }\n  second: { tier: validation }\n";
    const done = await work({
      plan: planOf(tasks, agents),
      replies: {
        "A:work:1": [write("A.md"), submit, write("A.md", "y\n"), submit],
        "A:critic:1": [use("submit_verdict", { decision: "REJECT", feedback: "A.md: say y" })],
        "A:critic:2": [use("submit_verdict", { decision: "ACCEPT" })],
        "V:work:1": [write("reports/v.md"), write("A.md"), write("reports/validation/v.md"), submit],
        "V:critic:1": [use("submit_verdict", { decision: "ACCEPT" })],
      },
    });
    expect(done.exitCode).toBe(0);
    expect(kept(done)).toEqual(["A.md", "A.md", "reports/validation/v.md"]);
    expect(
      of(done.events, "SECURITY_VIOLATION").map(({ payload }) => [payload.subject, payload.rule, payload.object]),
    ).toEqual([
      ["validator", "tier-write", "reports/v.md"],
      ["validator", "tier-write", "A.md"],
    ]);
    expect(of(done.events, "TASK_REJECTED").map(({ payload }) => payload)).toMatchObject([
      { by: "validator", feedback: "A.md: say y" },
    ]);
    const verdicts = of(done.events, "EXECUTION_ENDED").flatMap(({ payload }) =>
      payload.conversation.includes(":critic:") ? payload.trace.filter(({ state }) => state === "CRITIC") : [],
    );
    expect(verdicts).toMatchObject([
      { agent_id: "validator", output: { decision: "REJECT", feedback: "A.md: say y" } },
      { agent_id: "validator", output: { decision: "ACCEPT" } },
      { agent_id: "second", output: { decision: "ACCEPT" } },
    ]);
  });

  const C_PLAN = planOf(
    "      - { id: A, title: Code, owner: implementer, files: { write: [a.c, a.js] }, verify: { test: [node, --version] } }\n",
    "waivers: [{ rule: tests, tasks: [A], reason: looked at }, { rule: coverage, tasks: [A], reason: looked at }]",
  );

  it.skipIf(!confined).each([
    [
      "recursion",
      "a.c",
      "/** Counts. */\nint down(int n) {\n  return n == 0 ? 0 : down(n - 1);\n}\n",
      /ERROR_POWER_OF_TEN.*p10-1|p10-1.*ERROR_POWER_OF_TEN|ERROR_POWER_OF_TEN/,
    ],
    [
      "a loop without a bound",
      "a.c",
      "/** Waits. */\nvoid wait_for(volatile int *p) {\n  for (;;) { *p = 1; }\n}\n",
      /ERROR_POWER_OF_TEN/,
    ],
    [
      "memory from the heap",
      "a.c",
      "#include <stdlib.h>\n/** Gets. */\nvoid *get(void) {\n  return malloc(4);\n}\n",
      /ERROR_POWER_OF_TEN/,
    ],
    ["a function nobody documented", "a.js", "export function a() {\n  return 1;\n}\n", /ERROR_UNDOCUMENTED/],
  ])("is spared the work where the rules reject: %s [needs a sandbox]", async (_, file, text, rule) => {
    const done = await work({
      plan: C_PLAN,
      replies: { "A:work:1": [write(file, text), submit, use("report_blocker", { reason: "enough" })] },
    });
    const rejected = of(done.events, "TASK_REJECTED").map(({ payload }) => payload);
    expect(rejected).toMatchObject([{ by: "rules", feedback: expect.stringMatching(rule) }]);
    expect(rejected[0]?.feedback).toMatch(new RegExp(`${file.replace(".", "\\.")}:\\d+`));
    expect(of(done.events, "CONVERSATION_STARTED").map(({ payload }) => payload.kind)).not.toContain("critic");
  });

  it.skipIf(!confined)("is spared it where a test fails as well [needs a sandbox]", async () => {
    const done = await work({
      plan: C_PLAN.replace("[node, --version]", "[node, no-such-test.js]").replace(
        "{ rule: tests, tasks: [A], reason: looked at }, ",
        "",
      ),
      replies: {
        "A:work:1": [
          write("a.js", "/** One. */\nexport const a = () => 1;\n"),
          submit,
          use("report_blocker", { reason: "enough" }),
        ],
      },
    });
    expect(of(done.events, "TASK_REJECTED").map(({ payload }) => payload)).toMatchObject([
      {
        by: "rules",
        feedback: expect.stringMatching(/ERROR_TESTS_FAILED: test command node no-such-test\.js ended with 1/),
      },
    ]);
  });
});

describe("a violation", () => {
  it("and the notice of it are one transaction: where one cannot be recorded, neither is, and nothing is done", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(noteOf("A")) });
    const call = [
      "tool",
      "Write",
      JSON.stringify({ file_path: "README.md", content: "x" }),
      "--plan",
      "plan.yaml",
      "--task",
      "A",
      "--yes",
    ];
    expect((await worknode(repo, ...call)).code).toBe(3);
    const before = eventsOf(repo);
    const [violation] = of(before, "SECURITY_VIOLATION");
    const [alert] = of(before, "ALERT");
    expect(violation?.payload).toMatchObject({
      rule: "file-whitelist",
      subject: "implementer",
      object: "README.md",
      remedy: expect.stringContaining("A.md"),
    });
    expect(alert?.payload).toMatchObject({ to: "executive", message: expect.stringContaining("README.md") });
    expect(alert?.seq).toBe((violation?.seq ?? 0) + 1);
    const { default: Database } = await import("better-sqlite3");
    const db = new Database(`${repo.dir}/.worknode/worknode.db`);
    db.exec(
      "CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.type = 'ALERT' BEGIN SELECT RAISE(ABORT, 'no room'); END",
    );
    db.close();
    const other = call.map((each) => each.replace("README.md", "OTHER.md"));
    expect((await worknode(repo, ...other)).code).not.toBe(0);
    expect(of(eventsOf(repo), "SECURITY_VIOLATION")).toHaveLength(1);
    expect(of(eventsOf(repo), "EFFECT_KEPT")).toEqual([]);
  });
});
