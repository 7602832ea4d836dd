import { describe, expect, it } from "vitest";
import type { Capability } from "../../../src/schema/capability.js";
import type { WorknodeRecord } from "../../../src/schema/memory.js";
import {
  cycleStarted,
  effectKept,
  event,
  executionEnded,
  modelFailed,
  modelRequest,
  modelResponse,
  proposed,
  taskCompleted,
  taskStarted,
  temporaryStore,
  toolResult,
} from "./sample-events.js";

const CALL = "1:T-1:work:1:1";
const by = { os_user: "me", git_email: "me@example.com" };

function ofTask(task: string) {
  return { task, stream: `task:1:${task}` };
}

describe("cycles", () => {
  it("begin in planning and are found by number, plan and key", () => {
    const { append, queries } = temporaryStore();
    append([cycleStarted(4, [{ id: "T-1" }]), cycleStarted(5, [], { plan_id: "other", instruction: "write-docs" })]);
    expect(queries.cycle(4)).toMatchObject({ number: 4, status: "planning", inputs: { docs_dir: "docs" }, mode: null });
    expect(queries.cycle(9)).toBeUndefined();
    expect(queries.latestIncompleteCycle()?.number).toBe(5);
    expect(queries.latestIncompleteCycle("demo")?.number).toBe(4);
    expect(queries.latestIncompleteCycle("nobody")).toBeUndefined();
    expect(queries.maxCycle()).toBe(5);
    expect(queries.cycles(1).map(({ number }) => number)).toEqual([5]);
    expect(queries.kv("cycle:current")).toBe("5");
    expect(queries.kv("cycle:5:status")).toBe("planning");
    expect(queries.kv("cycle:5:instruction")).toBe("write-docs");
    expect(queries.kv("cycle:6:status")).toBeUndefined();
  });

  it("have no number before the first", () => {
    const { queries } = temporaryStore();
    expect(queries.maxCycle()).toBe(0);
    expect(queries.lastEndedCycle()).toBeUndefined();
  });

  it("follow their phases, review, deviation, budget and end", () => {
    const { append, queries } = temporaryStore();
    append([
      cycleStarted(1, [{ id: "T-1" }]),
      event("PLAN_REVIEWED", { cycle: 1, decision: "ACCEPT", risks: [] }),
      event("CYCLE_STATUS", { cycle: 1, status: "executing" }),
      event("PHASE_STARTED", { cycle: 1, phase: "build" }),
      event("DEVIATION", { cycle: 1, value: 0.12, components: {}, alert: false }),
      event("BUDGET_ADDED", { cycle: 1, usd: 1.5, tokens: 1000, by }),
      event("BUDGET_ADDED", { cycle: 1, usd: 0.1, tokens: 1, by }),
    ]);
    expect(queries.kv("cycle:1:status")).toBe("executing");
    const going = {
      status: "executing",
      phase: "build",
      review: "ACCEPT",
      deviation: 0.12,
      added_usd: 1.6,
      added_tokens: 1001,
    };
    expect(queries.cycle(1)).toMatchObject(going);
    append([
      event("PHASE_ENDED", { cycle: 1, phase: "build", status: "DONE" }),
      event("CYCLE_ENDED", { cycle: 1, status: "failed", exit_code: 4, reason: "rejected" }),
    ]);
    expect(queries.lastEndedCycle()).toMatchObject({ number: 1, status: "failed", exit_code: 4, reason: "rejected" });
    expect(queries.latestIncompleteCycle()).toBeUndefined();
    expect(queries.kv("cycle:1:status")).toBe("failed");
  });

  it("know their sessions", () => {
    const { append, queries } = temporaryStore();
    append([
      cycleStarted(1, []),
      event("SESSION_STARTED", { cycle: 1, pid: 7, resumed: false }),
      event("SESSION_ENDED", { cycle: 1, exit_code: 130, reason: "interrupted" }),
      event("SESSION_STARTED", { cycle: 1, pid: 8, resumed: true }),
    ]);
    expect(queries.lastSession(1)).toMatchObject({ pid: 8, resumed: true, ended_hlc: null });
    append([event("SESSION_ENDED", { cycle: 1, exit_code: 0, reason: "done" })]);
    expect(queries.lastSession(1)).toMatchObject({ pid: 8, exit_code: 0, reason: "done" });
  });
});

describe("tasks", () => {
  it("go from PENDING to DONE with what they leave behind", () => {
    const { append, queries } = temporaryStore();
    append([
      cycleStarted(1, [
        { id: "T-2", estimate: null },
        { id: "T-1", needs: ["T-2"], files: ["src/a.js"] },
      ]),
    ]);
    expect(queries.tasks(1).map(({ id, status }) => [id, status])).toEqual([
      ["T-2", "PENDING"],
      ["T-1", "PENDING"],
    ]);
    append([taskStarted("T-1")]);
    const started = {
      status: "IN_PROGRESS",
      attempts: 1,
      agent: "implementer",
      worktree: "/state/wt",
      needs: ["T-2"],
      files: ["src/a.js"],
    };
    expect(queries.task(1, "T-1")).toMatchObject(started);
    append([
      event("TASK_REJECTED", { attempt: 1, by: "critic", feedback: "Name it better." }, ofTask("T-1")),
      taskStarted("T-1", 2),
      event("TASK_OUTPUTS", { outputs: { client: "fetch" } }, ofTask("T-1")),
    ]);
    expect(queries.task(1, "T-1")).toMatchObject({
      status: "IN_PROGRESS",
      attempts: 2,
      feedback: "Name it better.",
      outputs: { client: "fetch" },
    });
    append([event("TASK_STATUS", { status: "VERIFIED" }, ofTask("T-1")), taskCompleted("T-1", ["src/a.js"])]);
    const done = queries.task(1, "T-1");
    expect(done).toMatchObject({
      status: "DONE",
      feedback: null,
      summary: "Did T-1",
      changed: ["src/a.js"],
      commit: "d".repeat(40),
    });
    expect(done?.ended_hlc).not.toBeNull();
    expect(queries.tasksEndedAfter(1, "", 5).map(({ id }) => id)).toEqual(["T-1"]);
  });

  it("say why they are blocked, and forget it when they go on", () => {
    const { append, queries } = temporaryStore();
    append([
      cycleStarted(1, [{ id: "T-1" }]),
      event("TASK_STATUS", { status: "BLOCKED", reason: "no key" }, ofTask("T-1")),
    ]);
    expect(queries.tasksIn(1, ["BLOCKED"], 5)).toMatchObject([{ id: "T-1", reason: "no key" }]);
    append([event("TASK_STATUS", { status: "READY" }, ofTask("T-1"))]);
    expect(queries.task(1, "T-1")).toMatchObject({ status: "READY", reason: null });
    append([event("TASK_STATUS", { status: "SKIPPED" }, ofTask("T-1"))]);
    expect(queries.task(1, "T-1")?.ended_hlc).not.toBeNull();
  });

  it("take a merge's commit, another owner and a deadline", () => {
    const { append, queries } = temporaryStore();
    append([
      cycleStarted(1, [{ id: "T-1" }]),
      event("TASK_MERGED", { commit: "abc", branch: "b", parent: "p" }, ofTask("T-1")),
      event("TASK_ASSIGNED", { assignee: "ann", by: "me" }, ofTask("T-1")),
      event("DEADLINE_SET", { deadline: 1_731_369_600_000, by: "me" }, ofTask("T-1")),
    ]);
    expect(queries.tasksOf(1, "ann", "PENDING")).toMatchObject([{ commit: "abc", deadline: 1_731_369_600_000 }]);
    expect(queries.tasksOf(1, "implementer", "PENDING")).toEqual([]);
  });

  it("are an agent's claim in the newest open cycle, else outside cycles, while it works on them", () => {
    const { append, queries } = temporaryStore();
    const outside = (task: string, agent: string) => [
      event("TASK_ADDED", { id: task, title: task, files: [] }, { run: 0, ...ofTask(task) }),
      event("TASK_CLAIMED", { by: agent }, { run: 0, ...ofTask(task) }),
    ];
    append([cycleStarted(1, [{ id: "T-1" }]), cycleStarted(2, [{ id: "T-1" }, { id: "T-2" }])]);
    append([taskStarted("T-1")]);
    expect(queries.claimOf("implementer", 0)).toBeUndefined();
    append([...outside("other", "ann"), ...outside("mine", "implementer")]);
    expect(queries.claimOf("implementer", 0)).toMatchObject({ cycle: 0, id: "mine", files: [] });
    const second = { run: 2, task: "T-2", stream: "task:2:T-2" };
    append([event("TASK_STARTED", { attempt: 1, agent: "implementer", worktree: "/w", base_commit: "b" }, second)]);
    expect(queries.claimOf("implementer", 0)).toMatchObject({ cycle: 2, id: "T-2", worktree: "/w" });
    append([event("TASK_STATUS", { status: "VERIFIED" }, second)]);
    expect(queries.claimOf("implementer", 0)).toMatchObject({ cycle: 0, id: "mine" });
    expect(queries.claimOf("ann", 0)).toMatchObject({ cycle: 0, id: "other" });
  });

  it("have steps that can start again", () => {
    const { append, queries } = temporaryStore();
    const ended = { step: "build", status: "failed" as const, outputs: { n: 1 }, error: "e", provide: "p" };
    append([
      cycleStarted(1, [{ id: "T-1" }]),
      event("STEP_STARTED", { step: "build", kind: "check" }, ofTask("T-1")),
      event("STEP_ENDED", ended, ofTask("T-1")),
    ]);
    expect(queries.steps(1, "T-1")).toMatchObject([
      { step: "build", kind: "check", status: "failed", outputs: { n: 1 }, error: "e", provide: "p" },
    ]);
    append([event("STEP_STARTED", { step: "build", kind: "check" }, ofTask("T-1"))]);
    expect(queries.steps(1, "T-1")).toMatchObject([{ status: "started", outputs: {}, error: null }]);
  });

  it("are counted by state", () => {
    const { append, queries } = temporaryStore();
    append([cycleStarted(1, [{ id: "T-1" }, { id: "T-2" }, { id: "T-3" }]), taskStarted("T-1"), taskCompleted("T-1")]);
    expect(queries.countTasks(1)).toEqual({ DONE: 1, PENDING: 2 });
  });
});

describe("agents", () => {
  const record: WorknodeRecord = {
    id: "implementer",
    type: "AI_AGENT",
    name: "Implementer",
    capabilities: ["CODE_WRITING"],
    current_project: "demo",
    current_task: "T-1",
    session_start: 1,
    context_loaded: true,
    memory_budget: 200_000,
    status: "ACTIVE",
    files_open: [],
    context_items: [],
    blockers: [],
  };
  const capability = { id: "cap_1", depth: 0 } as unknown as Capability;

  it("hold one capability for each task, and end with a reason", () => {
    const { append, queries } = temporaryStore();
    const spawned = {
      agent: record,
      role: "implementer",
      tier: "implementation" as const,
      model: "m",
      parent: null,
      token_hash: "t",
      capability,
    };
    append([event("AGENT_SPAWNED", spawned, ofTask("T-1")), event("AGENT_SPAWNED", spawned, ofTask("T-2"))]);
    expect(queries.agents(1)).toMatchObject([
      { agent: "implementer", task: "T-1", capability: "cap_1", status: "ACTIVE" },
      { agent: "implementer", task: "T-2" },
    ]);
    expect(queries.worknode("implementer")).toEqual(record);
    append([event("AGENT_TERMINATED", { agent_id: "implementer", reason: "done" }, ofTask("T-1"))]);
    expect(queries.agents(1).map(({ task, status }) => [task, status])).toEqual([
      ["T-1", "TERMINATED"],
      ["T-2", "ACTIVE"],
    ]);
    expect(queries.worknode("implementer")?.status).toBe("TERMINATED");
    append([
      event("AGENT_UPDATED", { agent: record }),
      event("AGENT_TERMINATED", { agent_id: "implementer", reason: "killed" }),
    ]);
    expect(queries.agents(1).map(({ reason }) => reason)).toEqual(["killed", "killed"]);
  });
});

describe("what waits for somebody", () => {
  it("is pending until it is answered, and a rejection sticks", () => {
    const { append, queries } = temporaryStore();
    const asked = {
      id: "ap_1",
      kind: "gate" as const,
      proposal_hash: "h",
      message: "Ship?",
      require: ["humans"],
      exclude: ["bot"],
      expires_at: 5,
    };
    append([event("APPROVAL_REQUESTED", asked, ofTask("T-1"))]);
    expect(queries.pendingApprovals(1)).toMatchObject([{ ...asked, task: "T-1", decision: null, resolutions: [] }]);
    expect(queries.pendingApprovals(2)).toEqual([]);
    const answer = { id: "ap_1", proposal_hash: "h", by: "ann", identity: by, reason: "no" };
    append([
      event("APPROVAL_RESOLVED", { ...answer, decision: "rejected" }),
      event("APPROVAL_RESOLVED", { ...answer, by: "bob", decision: "approved" }),
    ]);
    expect(queries.pendingApprovals()).toEqual([]);
    const row = queries.approval("ap_1");
    expect(row?.decision).toBe("rejected");
    expect(row?.resolutions.map((each) => [each.by, each.decision])).toEqual([
      ["ann", "rejected"],
      ["bob", "approved"],
    ]);
  });

  it("is open until it is resolved, and opens again when escalated further", () => {
    const { append, queries } = temporaryStore();
    const raised = { id: "es_1", from: "implementer", reason: "stuck", needs: "a key", to: "executive" as const };
    append([event("ESCALATION", raised, ofTask("T-1"))]);
    expect(queries.openEscalations(1)).toMatchObject([
      { id: "es_1", sender: "implementer", needs: "a key", task: "T-1" },
    ]);
    append([
      event("ESCALATION_RESOLVED", { id: "es_1", action: "reassign", by: "planner", reason: "try", agent: "debugger" }),
    ]);
    expect(queries.openEscalations()).toEqual([]);
    expect(queries.escalation("es_1")).toMatchObject({
      action: "reassign",
      resolved_by: "planner",
      resolution: "try",
      agent: "debugger",
    });
    append([event("ESCALATION", { ...raised, to: "human" }, ofTask("T-1"))]);
    expect(queries.openEscalations()).toMatchObject([{ recipient: "human", action: null }]);
  });

  it("is listed newest first as notices", () => {
    const { append, queries } = temporaryStore();
    const violation = {
      call_id: CALL,
      code: "ERROR_PLAN_VIOLATION",
      rule: "file-whitelist",
      subject: "implementer",
      object: "src/b.js",
      message: "File not in agent's assigned scope",
      remedy: "src/a.js",
    };
    append([
      event("SECURITY_VIOLATION", violation, ofTask("T-1")),
      event("ALERT", { severity: "critical", message: "one", to: "executive", key: "k" }),
      event("ALERT", { severity: "info", message: "two", to: "executive" }, { run: 2 }),
    ]);
    expect(queries.violations(1, 5)).toMatchObject([{ ...violation, task: "T-1" }]);
    expect(queries.violations(2, 5)).toEqual([]);
    expect(queries.alerts(null, 5).map(({ message, key }) => [message, key])).toEqual([
      ["two", null],
      ["one", "k"],
    ]);
    expect(queries.alerts(1, 5)).toHaveLength(1);
  });

  it("includes plans by their hash", () => {
    const { append, queries } = temporaryStore();
    append([event("PLAN_APPROVED", { plan_hash: "h1", plan_id: "demo", path: "p", by, via: "tty" })]);
    expect(queries.planApproval("h1")).toMatchObject({ os_user: "me", git_email: "me@example.com", via: "tty" });
    expect(queries.planApproval("h2")).toBeUndefined();
  });
});

describe("money and tokens", () => {
  const totals = (...events: ReturnType<typeof modelRequest>[]) => {
    const { append, queries } = temporaryStore();
    append(events);
    return queries.usageTotals(1);
  };

  it("are reserved by a request", () => {
    expect(totals(modelRequest("r1"))).toMatchObject({
      requests: 1,
      replies: 0,
      reserved_usd: 0.5,
      reserved_tokens: 1000,
      spent_usd: 0,
    });
  });

  it("are settled by its reply", () => {
    const settled = {
      requests: 1,
      replies: 1,
      reserved_usd: 0,
      reserved_tokens: 0,
      spent_usd: 0.1,
      spent_tokens: 100,
      input_tokens: 10,
      output_tokens: 20,
      cache_read_tokens: 30,
      cache_write_tokens: 40,
    };
    expect(totals(modelRequest("r1"), modelResponse("r1"))).toEqual(settled);
  });

  it("are let go by a failure before any byte", () => {
    expect(totals(modelRequest("r1"), modelFailed("r1", false))).toMatchObject({
      reserved_usd: 0,
      reserved_tokens: 0,
      spent_usd: 0,
    });
  });

  it("stay charged by a failure after bytes had arrived, also when a later attempt succeeds", () => {
    expect(totals(modelRequest("r1"), modelFailed("r1", true))).toMatchObject({
      reserved_usd: 0.5,
      reserved_tokens: 1000,
    });
    const both = totals(modelRequest("r1"), modelFailed("r1", true), modelResponse("r1"));
    expect(both).toMatchObject({ reserved_usd: 0.5, spent_usd: 0.1 });
  });

  it("stay charged when the request is asked again after a crash", () => {
    const again = totals(modelRequest("r1"), modelRequest("r1"), modelResponse("r1"));
    expect(again).toMatchObject({ requests: 1, reserved_usd: 0.5, reserved_tokens: 1000, spent_usd: 0.1 });
  });

  it("count a reply without a noted request, and ignore a failure without one", () => {
    expect(totals(modelResponse("r1"), modelFailed("r9", true))).toMatchObject({
      replies: 1,
      reserved_usd: 0,
      spent_usd: 0.1,
    });
  });

  it("are told apart by task, agent, tier and model", () => {
    const { append, queries } = temporaryStore();
    append([modelRequest("r1"), modelResponse("r1", 0.1), modelRequest("r2"), modelResponse("r2", 0.2)]);
    expect(queries.usage(1)).toMatchObject([
      { task: "T-1", agent: "implementer", tier: "implementation", model: "sonnet-x", replies: 2, spent_usd: 0.3 },
    ]);
    expect(queries.usage(2)).toEqual([]);
    expect(queries.usageTotals(2)).toMatchObject({ requests: 0, spent_usd: 0, spent_tokens: 0 });
  });

  it("may be unpriced", () => {
    const { append, queries } = temporaryStore();
    const request = modelRequest("r1");
    append([{ ...request, payload: { ...request.payload, reserved_usd: null } } as typeof request]);
    expect(queries.usageTotals(1)).toMatchObject({ reserved_usd: 0, reserved_tokens: 1000 });
  });
});

describe("calls and conversations", () => {
  it("are of unknown outcome from the approval to the result", () => {
    const { append, queries } = temporaryStore();
    append(proposed(CALL, "T-1", "src/b.js", "PolicyBlocked"));
    expect(queries.unknownCalls(1)).toEqual([]);
    append(proposed(CALL, "T-1", "src/b.js"));
    expect(queries.unknownCalls(1)).toEqual([
      { call_id: CALL, task: "T-1", tool: "Write", object: "src/b.js", effect: null },
    ]);
    append([effectKept(CALL, "T-1", "src/b.js")]);
    expect(queries.unknownCalls(1)).toMatchObject([{ effect: "kept" }]);
    append([toolResult(CALL, "T-1"), executionEnded(CALL, "T-1")]);
    expect(queries.unknownCalls(1)).toEqual([]);
    expect(queries.execution(CALL)).toMatchObject({
      tool: "Write",
      verdict: "Approved",
      effect: "kept",
      outcome: "CONTINUE",
      seal: "9".repeat(64),
    });
    expect(queries.executions("1:T-1:work:1").map(({ id }) => id)).toEqual([CALL]);
    expect(queries.executions("1:T-1:work:2")).toEqual([]);
  });

  it("remember what a discarded call was", () => {
    const { append, queries } = temporaryStore();
    append([event("EFFECT_DISCARDED", { call_id: CALL, changes: [], refused: [], reason: "no" }, { task: "T-1" })]);
    expect(queries.counts(1)).toEqual({ tasks: {}, violations: 0, alerts: 0, kept: 0, discarded: 1, executions: 0 });
  });

  it("are listed by task and kind", () => {
    const { append, queries } = temporaryStore();
    const started = {
      conversation: "1:T-1:work:1",
      kind: "work" as const,
      agent: "implementer",
      model: "m",
      system: "s",
      tools: [],
      prompt: "p",
    };
    append([
      event("CONVERSATION_STARTED", started, ofTask("T-1")),
      event("CONVERSATION_ENDED", { conversation: started.conversation, outcome: "done" }, ofTask("T-1")),
    ]);
    expect(queries.conversations(1, "T-1", "work")).toMatchObject([{ id: "1:T-1:work:1", outcome: "done" }]);
    expect(queries.conversations(1, null, "work")).toEqual([]);
  });

  it("remember the last change of each file", () => {
    const { append, queries } = temporaryStore();
    append([
      effectKept("1:T-1:work:1:1", "T-1"),
      effectKept("1:T-1:work:1:2", "T-1", "src/b.js"),
      effectKept("1:T-2:work:1:1", "T-2"),
    ]);
    expect(queries.filesKept(1, 5).map(({ path, task, seq }) => [path, task, seq])).toEqual([
      ["src/a.js", "T-2", 3],
      ["src/b.js", "T-1", 2],
    ]);
    expect(queries.lastChanges(["src/a.js", "src/none.js"])).toEqual(new Map([["src/a.js", 3]]));
    expect(queries.filesKeptAfter("2026-01-02", 5)).toHaveLength(2);
    expect(queries.filesKeptAfter("2026-01-03", 5)).toEqual([]);
  });
});
