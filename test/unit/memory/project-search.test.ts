import { describe, expect, it } from "vitest";
import { createDecision } from "../../../src/memory/decisions.js";
import { search } from "../../../src/memory/project-search.js";
import { registerWorknode, updateSelf } from "../../../src/memory/worknodes.js";
import { projectContextSchema } from "../../../src/schema/memory.js";
import {
  cycleStarted,
  effectKept,
  event,
  fixedClock,
  NOW_MS,
  taskCompleted,
  taskStarted,
  temporaryStore,
} from "../store/sample-events.js";

const QUERY = { type: "PROJECT", assignee: "claude-code", status: "IN_PROGRESS", project: "Wave4-RPC" } as const;
const DAY_MS = 24 * 60 * 60_000;

function rpc(clock = fixedClock()) {
  const store = temporaryStore({ clock });
  const owner = "claude-code";
  store.append([
    cycleStarted(1, [
      { id: "RPC-001", owner },
      { id: "RPC-002", owner },
      { id: "RPC-003", owner },
      { id: "RPC-004", owner, title: "Compile and test rpc_types", needs: ["RPC-003"] },
      { id: "RPC-005", owner, title: "QUIC transport implementation", needs: ["RPC-004"] },
    ]),
    ...["RPC-001", "RPC-002", "RPC-003"].map((id) => taskCompleted(id)),
    effectKept("1:RPC-003:work:1:1", "RPC-003", "src/old.c"),
  ]);
  clock.advance(DAY_MS);
  store.append([taskStarted("RPC-004"), effectKept("1:RPC-004:work:1:1", "RPC-004", "src/network/rpc_types.c")]);
  const words = {
    question: "Cap'n Proto?",
    rationale: "",
    alternatives_rejected: [],
    made_by: "x",
    timestamp: 1,
    confidence: 1,
  };
  createDecision(store, {
    id: "TECH-001",
    decision: "Cap'n Proto C++ wrapper approved",
    project: "Wave4-RPC",
    ...words,
  });
  createDecision(store, { id: "TECH-002", decision: "elsewhere", project: "other", ...words });
  return store;
}

describe("search for a project", () => {
  it("answers the sources' example in exactly their shape", () => {
    const answer = search(rpc(), QUERY);
    expect(answer).toEqual({
      ok: true,
      value: {
        current_task: "RPC-004: Compile and test rpc_types",
        previous_completed: ["RPC-001", "RPC-002", "RPC-003"],
        blocking_issues: [],
        decisions_made: ["Cap'n Proto C++ wrapper approved"],
        files_modified_today: ["src/network/rpc_types.c"],
        next_actions: ["Finish Compile and test rpc_types"],
      },
    });
    expect(answer.ok && projectContextSchema.safeParse(answer.value).success).toBe(true);
  });

  it("tells what holds the work up, the agent's own blockers included", () => {
    const store = rpc();
    store.append([
      event("ESCALATION", { id: "es_1", from: "claude-code", reason: "no compiler", to: "human" }, { task: "RPC-004" }),
    ]);
    const agent = {
      type: "AI_AGENT" as const,
      name: "c",
      capabilities: [],
      current_project: null,
      current_task: null,
      session_start: 1,
    };
    const rest = {
      context_loaded: true,
      memory_budget: 1,
      status: "ACTIVE" as const,
      files_open: [],
      context_items: [],
      blockers: [],
    };
    registerWorknode(store, { id: "claude-code", ...agent, ...rest });
    updateSelf(store, "claude-code", { blockers: ["waiting for review"] });
    expect(search(store, QUERY)).toMatchObject({
      ok: true,
      value: { blocking_issues: ["RPC-004: no compiler (es_1, for a person)", "waiting for review"] },
    });
  });

  it("has no current task for somebody else, and nothing without a cycle", () => {
    expect(search(rpc(), { ...QUERY, assignee: "ann" })).toMatchObject({ ok: true, value: { current_task: null } });
    const nothing = {
      current_task: null,
      previous_completed: [],
      blocking_issues: [],
      decisions_made: [],
      files_modified_today: [],
      next_actions: [],
    };
    expect(search(temporaryStore(), QUERY)).toEqual({ ok: true, value: nothing });
  });

  it("prefers the plan the project is named after", () => {
    const store = rpc();
    store.append([cycleStarted(2, [{ id: "X-1", owner: "claude-code" }], { plan_id: "newer" })]);
    expect(search(store, { ...QUERY, status: "PENDING" })).toMatchObject({
      ok: true,
      value: { current_task: "X-1: Title of X-1" },
    });
    expect(search(store, { ...QUERY, project: "demo" })).toMatchObject({
      ok: true,
      value: { current_task: "RPC-004: Compile and test rpc_types" },
    });
  });

  it("knows no other type", () => {
    expect(search(temporaryStore(), { ...QUERY, type: "TASK" as never })).toMatchObject({
      ok: false,
      error: { code: "INVALID_SEARCH" },
    });
    expect(NOW_MS).toBeGreaterThan(0);
  });
});
