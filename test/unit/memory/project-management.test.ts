import { describe, expect, it } from "vitest";
import { pm_assign, pm_get_status, pm_set_deadline } from "../../../src/memory/project-management.js";
import { registerWorknode } from "../../../src/memory/worknodes.js";
import { cycleStarted, event, taskCompleted, taskStarted, temporaryStore } from "../store/sample-events.js";

const ANN = { id: "ann", name: "Ann" };
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: demo
title: Demo
agents:
  executive: { tier: executive }
  implementer: { tier: implementation }
  coder: { tier: implementation }
  validator: { tier: validation }
phases:
  - { id: build, tasks: [{ id: T-2, title: x, owner: implementer, files: { write: [a.md] } }] }
`;
const DEADLINE = 1_731_369_600_000;

function running() {
  const store = temporaryStore();
  store.append([
    cycleStarted(1, [{ id: "T-1", estimate: 3 }, { id: "T-2" }, { id: "T-3", estimate: null }], { plan_source: PLAN }),
    taskStarted("T-1"),
  ]);
  const ann = { ...ANN, type: "HUMAN" as const, capabilities: [], current_project: null, current_task: null };
  registerWorknode(store, { ...ann, session_start: 0, context_loaded: false, memory_budget: 1, status: "ACTIVE" });
  return store;
}

describe("pm_assign", () => {
  it("gives a task nobody works on to an agent or a person", () => {
    const store = running();
    expect(pm_assign(store, { task: "T-2", assignee: "ann", by: "bob" })).toMatchObject({
      ok: true,
      value: { id: "T-2", owner: "ann" },
    });
    expect(pm_assign(store, { task: "T-3", assignee: "coder" })).toMatchObject({ ok: true, value: { owner: "coder" } });
    expect(store.events({ type: "TASK_ASSIGNED" }).slice(0, 1)).toMatchObject([
      { actor: "bob", task: "T-2", stream: "task:1:T-2" },
    ]);
  });

  it.each([
    ["a task under way", { task: "T-1", assignee: "ann" }, "TASK_STARTED"],
    ["an unknown task", { task: "T-9", assignee: "ann" }, "UNKNOWN_TASK"],
    ["nobody", { task: "T-2", assignee: " " }, "INVALID_ASSIGNEE"],
    ["who is neither agent nor person", { task: "T-2", assignee: "nobody-known" }, "UNKNOWN_ASSIGNEE"],
    ["an agent of another tier", { task: "T-2", assignee: "validator" }, "WRONG_TIER"],
    ["an unknown cycle", { task: "T-2", assignee: "ann", cycle: 7 }, "UNKNOWN_TASK"],
  ])("refuses %s", (_what, input, code) => {
    expect(pm_assign(running(), input)).toMatchObject({ ok: false, error: { code, exitCode: 2 } });
  });

  it("needs a cycle", () => {
    expect(pm_assign(temporaryStore(), { task: "T-1", assignee: "ann" })).toMatchObject({
      ok: false,
      error: { code: "NO_CYCLE" },
    });
  });
});

describe("pm_set_deadline", () => {
  it("sets it in milliseconds", () => {
    expect(pm_set_deadline(running(), { task: "T-1", deadline: DEADLINE })).toMatchObject({
      ok: true,
      value: { deadline: DEADLINE },
    });
  });

  it.each([Number.NaN, -1, 0.5])("refuses %s", (deadline) => {
    expect(pm_set_deadline(running(), { task: "T-1", deadline })).toMatchObject({
      ok: false,
      error: { code: "INVALID_DEADLINE" },
    });
  });
});

describe("pm_get_status", () => {
  it("tells the progress by estimate, deadlines and blockers", () => {
    const store = running();
    pm_set_deadline(store, { task: "T-2", deadline: DEADLINE });
    store.append([
      taskCompleted("T-1"),
      event("TASK_STATUS", { status: "BLOCKED", reason: "no key" }, { task: "T-3", stream: "task:1:T-3" }),
    ]);
    expect(pm_get_status(store)).toEqual({
      ok: true,
      value: {
        cycle: 1,
        status: "planning",
        title: "Demo plan",
        tasks: { BLOCKED: 1, DONE: 1, PENDING: 1 },
        progress: 0.6,
        deadlines: [{ task: "T-2", deadline: DEADLINE }],
        blockers: ["T-3: no key"],
      },
    });
  });

  it("falls back to the last cycle that ended", () => {
    const store = running();
    store.append([
      event("CYCLE_ENDED", { cycle: 1, status: "done", exit_code: 0, reason: "" }),
      cycleStarted(2, []),
      event("CYCLE_ENDED", { cycle: 2, status: "failed", exit_code: 4, reason: "" }),
    ]);
    expect(pm_get_status(store)).toMatchObject({ ok: true, value: { cycle: 2, progress: 0 } });
    expect(pm_get_status(store, { cycle: 1 })).toMatchObject({ ok: true, value: { cycle: 1 } });
    expect(pm_get_status(store, { cycle: 9 })).toMatchObject({ ok: false, error: { code: "NO_CYCLE" } });
  });
});
