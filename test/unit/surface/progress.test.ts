import { describe, expect, it } from "vitest";
import type { Clock } from "../../../src/kernel/clock.js";
import type { AnyEvent, EventPayload, EventType } from "../../../src/schema/event.js";
import { describe as describeNotice } from "../../../src/surface/cli/progress/event-text.js";
import {
  formatElapsed,
  formatTokens,
  formatUsd,
  harmless,
  paintFor,
  singleLine,
} from "../../../src/surface/cli/progress/paint.js";
import { createProgress, silentProgress, streamProgress } from "../../../src/surface/cli/progress/progress.js";
import { emptyRunState, foldRun, reservedUsd } from "../../../src/surface/cli/progress/run-state.js";
import { treeLines } from "../../../src/surface/cli/progress/tree.js";
import { makeContext } from "./screen.js";

let seq = 0;
function event<T extends EventType>(type: T, payload: unknown, task: string | null = "T-1"): AnyEvent {
  seq += 1;
  const envelope = { seq, id: `ev_${seq}`, hlc: "2026-11-21T00:00:00.000Z-0000-n", node: "n", prev_hash: "", hash: "" };
  const place = { stream: "task:1:T-1", actor: "writer", run: 1, task, execution: null };
  return { ...envelope, ...place, type, payload: payload as EventPayload<T> } as unknown as AnyEvent;
}

const task = (id: string, phase = "build") => ({
  id,
  title: `title of ${id}`,
  phase,
  owner: "writer",
  estimate: 1,
  needs: [],
  files: [],
});
const opened = (tasks = [task("T-1"), task("T-2"), task("T-3", "later")]) =>
  event("CYCLE_STARTED", { cycle: 3, title: "a plan", branch: "worknode/p/3", tasks }, null);
const proposal = (call: string) =>
  event("PROPOSAL", { call_id: call, what: { tool: "Write", args: { file_path: "a.js" } }, who: { agent: "writer" } });
const denied = (call: string) =>
  event("VERDICT", {
    call_id: call,
    outcome: "PolicyBlocked",
    checks: [
      { check: "plan", pass: false, reason: "ERROR_PLAN_VIOLATION File not in agent's assigned scope" },
      { check: "review", pass: false, reason: "ERROR_REVIEW Needs an auditor" },
    ],
  });
const violation = (call: string) =>
  event("SECURITY_VIOLATION", {
    call_id: call,
    subject: "writer",
    object: "a.js",
    code: "ERROR_DELETE",
    message: "would delete",
  });
const response = (request: string, tokens: number, usd: number | null, attempts = 1) =>
  event("MODEL_RESPONSE", {
    request,
    usd,
    attempts,
    reply: {
      usage: { input_tokens: tokens, output_tokens: 1, cache_read_input_tokens: 2, cache_creation_input_tokens: 3 },
    },
  });
const still: Clock = { nowMs: () => 5_000, sleep: async () => {} };

describe("the fold of a run", () => {
  it("counts tokens and money by task and in all, and keeps reservations apart", () => {
    const state = emptyRunState();
    for (const each of [
      opened(),
      event("MODEL_REQUEST", { request: "r1", reserved_usd: 0.5, reserved_tokens: 10 }),
      event("MODEL_REQUEST", { request: "r2", reserved_usd: 0.25, reserved_tokens: 10 }),
      response("r1", 100, 0.01),
    ])
      foldRun(state, each);
    expect(state).toMatchObject({ cycle: 3, tokens: 106, usd: 0.01 });
    expect(state.tasks.get("T-1")).toMatchObject({ tokens: 106, usd: 0.01 });
    expect(state.tasks.get("T-2")).toMatchObject({ tokens: 0 });
    expect(reservedUsd(state)).toBe(0.25);
  });

  it("gives a reservation back when an attempt failed before anything arrived, and not when bytes had", () => {
    const state = emptyRunState();
    for (const request of ["r1", "r2"])
      foldRun(state, event("MODEL_REQUEST", { request, reserved_usd: 1, reserved_tokens: 1 }));
    foldRun(state, event("MODEL_FAILED", { request: "r1", charged: false }));
    foldRun(state, event("MODEL_FAILED", { request: "r2", charged: true }));
    expect(reservedUsd(state)).toBe(1);
    expect(state.retries).toBe(2);
  });

  it("follows a task through its states", () => {
    const state = emptyRunState();
    const seen: string[] = [];
    for (const each of [
      opened(),
      event("TASK_STARTED", { attempt: 1, agent: "other" }),
      event("TASK_REJECTED", { attempt: 1, by: "checker", feedback: "no" }),
      event("TASK_STATUS", { status: "VERIFIED" }),
      event("EVENT_TASK_COMPLETED", { attempts: 2 }),
    ]) {
      foldRun(state, each);
      seen.push(state.tasks.get("T-1")?.status ?? "");
    }
    expect(seen).toEqual(["PENDING", "IN_PROGRESS", "REJECTED", "VERIFIED", "DONE"]);
    expect(state.tasks.get("T-1")?.agent).toBe("other");
  });

  it("counts what waits for a person down to none", () => {
    const state = emptyRunState();
    foldRun(state, event("APPROVAL_REQUESTED", {}));
    expect(state.waiting).toBe(1);
    for (let count = 0; count < 2; count += 1) foldRun(state, event("APPROVAL_RESOLVED", {}));
    expect(state.waiting).toBe(0);
  });

  it("takes events of tasks it does not know without harm", () => {
    const state = emptyRunState();
    foldRun(state, event("TASK_STATUS", { status: "DONE" }, "nobody"));
    expect(state.tasks.size).toBe(0);
  });
});

describe("the words of an event", () => {
  const CASES: [AnyEvent, string | undefined][] = [
    [opened(), "cycle 3: a plan (3 tasks, branch worknode/p/3)"],
    [event("SESSION_STARTED", { cycle: 3, pid: 7, resumed: true }), "cycle 3 resumed by process 7"],
    [event("SESSION_STARTED", { cycle: 3, pid: 7, resumed: false }), undefined],
    [event("PLAN_REVIEWED", { decision: "ACCEPT", risks: ["time"] }), "plan review by writer: ACCEPT; risks: time"],
    [
      event("PLAN_REVIEWED", { decision: "REJECT", risks: [], feedback: "too wide" }),
      "plan review by writer: REJECT: too wide",
    ],
    [event("PHASE_STARTED", { phase: "build" }), "phase build"],
    [event("CHECKPOINT", { phase: "build", expression: "x", pass: true }), undefined],
    [
      event("CHECKPOINT", { phase: "build", expression: "x", pass: false, error: "Cannot express without execution" }),
      "checkpoint of build failed: Cannot express without execution",
    ],
    [event("TASK_STATUS", { status: "BLOCKED", reason: "stuck" }), "T-1: BLOCKED: stuck"],
    [event("TASK_STATUS", { status: "SKIPPED" }), "T-1: skipped"],
    [event("TASK_STATUS", { status: "READY" }), undefined],
    [
      event("STEP_ENDED", { step: "s", status: "failed", error: "no node", provide: "install it" }),
      "T-1: step s failed: no node: install it",
    ],
    [event("STEP_ENDED", { step: "s", status: "done" }), undefined],
    [denied("c"), "T-1: DENIED before anything was touched: ERROR_PLAN_VIOLATION File not in agent's assigned scope"],
    [event("VERDICT", { call_id: "c", outcome: "Approved", checks: [] }), undefined],
    [
      event("VERDICT", { call_id: "c", outcome: "EscalationRequired", checks: [] }),
      "T-1: DENIED before anything was touched: EscalationRequired",
    ],
    [event("EFFECT_KEPT", { changes: [{ path: "a.js", kind: "add" }] }), "T-1: kept a.js (add)"],
    [event("EFFECT_KEPT", { changes: [] }), undefined],
    [
      event("EFFECT_DISCARDED", { reason: "forbidden effects", refused: [{ path: "b.js", rule: "no-delete" }] }),
      "T-1: effects discarded: forbidden effects b.js (no-delete)",
    ],
    [violation("c"), 'T-1: violation by writer on a.js: ERROR_DELETE "would delete"'],
    [event("ALERT", { severity: "warning", message: "m", to: "executive" }), "T-1: executive is told (warning): m"],
    [
      event("MODEL_FAILED", { request: "r1", attempt: 1, failure_class: "stream_cut", message: "cut off" }),
      "T-1: model request r1, attempt 1: stream_cut (cut off)",
    ],
    [response("r1", 1, null, 2), "T-1: reply received whole at attempt 2"],
    [response("r1", 1, null), undefined],
    [
      event("VERIFIED", { pass: true, commands: [{ role: "test", exit_code: 0 }], findings: [] }),
      "T-1: verified in the sandbox: test exit 0",
    ],
    [
      event("VERIFIED", { pass: false, commands: [{ role: "test", exit_code: null }], findings: [{}] }),
      "T-1: verified in the sandbox: test exit none, 1 finding(s)",
    ],
    [event("VERIFIED", { pass: true, commands: [], findings: [] }), "T-1: verified by rules alone"],
    [
      event("TASK_REJECTED", { attempt: 1, by: "checker", feedback: "name it" }),
      "T-1: REJECT by checker, attempt 1: name it",
    ],
    [event("EVENT_TASK_COMPLETED", { attempts: 2, summary: "did it" }), "T-1: done at attempt 2: did it"],
    [event("TASK_MERGED", { commit: "0123456789abcdef", branch: "b" }), "T-1: merged into b as 0123456789"],
    [
      event("AGENT_SPAWNED", { parent: "lead", agent: { id: "d-1" }, tier: "implementation", model: "m" }),
      "lead spawned d-1 (implementation, m)",
    ],
    [event("AGENT_SPAWNED", { parent: null, agent: { id: "d-1" } }), undefined],
    [
      event("ESCALATION", { from: "writer", to: "executive", reason: "stuck" }),
      "T-1: writer escalates to executive: stuck",
    ],
    [event("ESCALATION_RESOLVED", { by: "lead", action: "retry", reason: "again" }), "T-1: lead decides retry: again"],
    [
      event("APPROVAL_REQUESTED", { id: "ap_1", message: "new dependency" }),
      "T-1: waits for a person: new dependency (worknode approve ap_1)",
    ],
    [
      event("APPROVAL_RESOLVED", { id: "ap_1", decision: "approved", by: "me", reason: "fine" }),
      "ap_1 approved by me: fine",
    ],
    [
      event("BUDGET_REFUSED", { what: "request", needed: 0.5, left: 0.25, unit: "usd" }),
      "T-1: over budget: request needs $0.5000, left $0.2500",
    ],
    [
      event("BUDGET_REFUSED", { what: "request", needed: 5000, left: 10, unit: "tokens" }),
      "T-1: over budget: request needs 5.0k tokens, left 10 tokens",
    ],
    [
      event("BUDGET_REFUSED", { what: "calls", needed: 1, left: 0, unit: "executions" }),
      "T-1: over budget: calls needs 1 executions, left 0 executions",
    ],
    [event("DEVIATION", { value: 0.2, alert: true }), "plan deviation 20.0 %"],
    [event("DEVIATION", { value: 0.1, alert: false }), undefined],
    [event("PLAN_STALLED", { blocked: ["T-1", "T-2"] }), "the plan is stalled; blocked: T-1, T-2"],
    [event("KILLED", { epoch: 2, by: { os_user: "me" } }), "killed by me; epoch 2"],
    [
      event("CYCLE_ENDED", { cycle: 3, status: "done", exit_code: 0, reason: "done and verified" }),
      "cycle 3 done: done and verified",
    ],
    [event("MODEL_REQUEST", {}), undefined],
  ];
  it.each(CASES.map(([given, text]) => [given.type, given, text] as const))("%s", (_type, given, text) => {
    expect(describeNotice(given)?.text).toBe(text);
  });

  it("cannot steer a terminal", () => {
    const evil = event("ALERT", {
      severity: "info",
      to: "executive",
      message: "a\u001b[2Jb\u001b]0;title\u0007c\nd\r\u009b31me",
    });
    expect(describeNotice(evil)?.text).toBe(
      "T-1: executive is told (info): a<U+001B>[2Jb<U+001B>]0;title<U+0007>c d<U+000D><U+009B>31me",
    );
  });
});

describe("the plain display", () => {
  it("prints a line for what matters and nothing for the rest", () => {
    const context = makeContext();
    const progress = createProgress(context, still);
    for (const each of [
      opened(),
      event("TASK_STARTED", { attempt: 1, agent: "writer" }),
      event("MODEL_REQUEST", { request: "r" }),
    ])
      progress.show(each);
    progress.end();
    expect(context.printed()).toBe(
      "▶ cycle 3: a plan (3 tasks, branch worknode/p/3)\n→ T-1: writer starts, attempt 1\n",
    );
  });

  it("names the call that was denied, and tells its violation only once", () => {
    const context = makeContext();
    const progress = createProgress(context, still);
    for (const each of [proposal("c1"), denied("c1"), violation("c1")]) progress.show(each);
    expect(context.printed().split("\n")).toHaveLength(2);
    expect(context.printed()).toMatch(/DENIED.*assigned scope {2}\[writer Write a\.js\]\n$/);
  });

  it("tells a violation found in the effects of an approved call", () => {
    const context = makeContext();
    const progress = createProgress(context, still);
    const approved = event("VERDICT", { call_id: "c2", outcome: "Approved", checks: [] });
    for (const each of [proposal("c2"), approved, violation("c2")]) progress.show(each);
    expect(context.printed()).toContain("violation by writer");
  });

  it("forgets a call with its result", () => {
    const context = makeContext();
    const progress = createProgress(context, still);
    for (const each of [proposal("c1"), event("TOOL_RESULT", { call_id: "c1" }), violation("c1")]) progress.show(each);
    expect(context.printed()).not.toContain("[writer Write");
  });

  it("counts seeded events without telling them", () => {
    const context = makeContext();
    const progress = createProgress(context, still);
    progress.seed([opened(), event("EVENT_TASK_COMPLETED", { attempts: 1 })]);
    expect(context.printed()).toBe("");
    expect(progress.state.tasks.get("T-1")?.status).toBe("DONE");
  });
});

describe("the live tree", () => {
  const plain = (_colour: string, text: string) => text;
  const screen = { columns: 200, elapsedMs: 61_000 };

  it("shows phases, tasks and agents with tokens and cost", () => {
    const state = emptyRunState();
    for (const each of [
      opened(),
      event("PHASE_STARTED", { phase: "build" }),
      event("TASK_STARTED", { attempt: 2, agent: "writer" }),
      event("MODEL_REQUEST", { request: "r", reserved_usd: 0.5, reserved_tokens: 1 }),
      response("q", 1_500, 0.02),
      proposal("c"),
    ])
      foldRun(state, each);
    expect(treeLines(state, plain, screen)).toEqual([
      "cycle 3 planning · 1.5k tokens · $0.0200 (+$0.5000 reserved) · 0 denied · 1 min 01 s",
      " build · active",
      "  ▸ T-1 title of T-1 · writer · IN_PROGRESS · attempt 2 · 1.5k tokens $0.0200 · Write a.js",
      "  · T-2 title of T-2 · writer · PENDING",
      " later · waiting",
      "  · T-3 title of T-3 · writer · PENDING",
    ]);
  });

  it("calls a phase done when its tasks have ended", () => {
    const state = emptyRunState();
    for (const each of [opened([task("T-1")]), event("EVENT_TASK_COMPLETED", { attempts: 1 })]) foldRun(state, each);
    expect(treeLines(state, plain, screen)[1]).toBe(" build · done");
  });

  it("keeps every line within the screen", () => {
    const state = emptyRunState();
    foldRun(state, opened([{ ...task("T-1"), title: "x".repeat(300) }]));
    for (const line of treeLines(state, plain, { columns: 40, elapsedMs: 0 })) expect(line.length).toBeLessThan(40);
  });

  it("shows what moves of a long plan and counts the rest", () => {
    const state = emptyRunState();
    const many = Array.from({ length: 100 }, (_, index) => task(`T-${index}`));
    for (const each of [opened(many), event("TASK_STARTED", { attempt: 1, agent: "writer" }, "T-42")])
      foldRun(state, each);
    const lines = treeLines(state, plain, screen);
    expect(lines).toHaveLength(4);
    expect(lines[2]).toContain("T-42");
    expect(lines[3]).toContain("99 more");
  });

  it("redraws in place on a terminal, and leaves the last one standing", () => {
    const context = makeContext({ isTTY: true, env: { TERM: "xterm", NO_COLOR: "1" } });
    const progress = createProgress(context, still);
    progress.show(opened([task("T-1")]));
    progress.show(event("TASK_STARTED", { attempt: 1, agent: "writer" }));
    progress.end();
    const frames = context.printed().split("\u001b[3A\r\u001b[0J");
    expect(frames).toHaveLength(3);
    expect(frames[1]).toMatch(/^→ T-1: writer starts, attempt 1\ncycle 3 /);
    expect(frames[2]).toMatch(/IN_PROGRESS/);
    expect(context.printed()).not.toContain("\u001b[3m");
  });

  it("is not drawn on a dumb terminal", () => {
    const context = makeContext({ isTTY: true, env: { TERM: "dumb" } });
    createProgress(context, still).show(opened());
    expect(context.printed()).toBe("▶ cycle 3: a plan (3 tasks, branch worknode/p/3)\n");
  });
});

describe("the other displays", () => {
  it("json prints nothing and still counts", () => {
    const progress = silentProgress();
    progress.seed([opened()]);
    progress.show(event("EVENT_TASK_COMPLETED", { attempts: 1 }));
    progress.end();
    expect(progress.state.tasks.get("T-1")?.status).toBe("DONE");
  });

  it("stream-json prints one object a line, every event", () => {
    const context = makeContext();
    const progress = streamProgress(context, ({ type }) => ({ type }));
    for (const each of [opened(), event("MODEL_REQUEST", { request: "r" })]) progress.show(each);
    expect(context.printed()).toBe('{"type":"CYCLE_STARTED"}\n{"type":"MODEL_REQUEST"}\n');
    expect(progress.state.cycle).toBe(3);
  });
});

describe("figures", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1.0k"],
    [99_949, "99.9k"],
    [123_456, "123k"],
    [1_234_567, "1.23M"],
  ])("%d tokens are %s", (tokens, text) => {
    expect(formatTokens(tokens)).toBe(text);
  });
  it.each([
    [0, "$0.00"],
    [0.00012, "$0.0001"],
    [1, "$1.00"],
    [12.345, "$12.35"],
  ])("%d dollars are %s", (usd, text) => {
    expect(formatUsd(usd)).toBe(text);
  });
  it.each([
    [850, "850 ms"],
    [12_340, "12.3 s"],
    [245_000, "4 min 05 s"],
  ])("%d ms are %s", (ms, text) => {
    expect(formatElapsed(ms)).toBe(text);
  });
  it("lines are cut to a length", () => {
    expect(singleLine("abcdef", 4)).toBe("abc…");
    expect(singleLine("  a\n b ", 10)).toBe("a b");
  });
  it("text keeps its lines, loses its colours, and hides nothing", () => {
    expect(harmless("a\n\tb\u0000\u001b[1;31mc\u007f")).toBe("a\n\tb<U+0000>c<U+007F>");
    expect(harmless("src/\u202esj.x\u2066é\u200f")).toBe("src/<U+202E>sj.x<U+2066>é<U+200F>");
    expect(harmless("x \u0001[; ./y\u001b[8;2K")).toBe("x <U+0001>[; ./y<U+001B>[8;2K");
  });
  it.each([
    [{ isTTY: true, env: {} }, "\u001b[31mx\u001b[0m"],
    [{ isTTY: true, env: { NO_COLOR: "1" } }, "x"],
    [{ isTTY: true, env: { NO_COLOR: "" } }, "\u001b[31mx\u001b[0m"],
    [{ isTTY: true, env: { TERM: "dumb" } }, "x"],
    [{ isTTY: false, env: {} }, "x"],
  ])("colour follows %j", (settings, text) => {
    expect(paintFor(makeContext(settings))("red", "x")).toBe(text);
  });
});
