import { describe, expect, it } from "vitest";
import { registerWorknode, updateSelf } from "../../../src/memory/worknodes.js";
import type { WorknodeRecord } from "../../../src/schema/memory.js";
import { temporaryStore } from "../store/sample-events.js";

const AGENT: WorknodeRecord = {
  id: "claude-code",
  type: "AI_AGENT",
  name: "Claude Code",
  capabilities: ["CODE_WRITING", "CODE_ANALYSIS", "TESTING", "DOCUMENTATION"],
  current_project: "Wave4-RPC",
  current_task: "RPC-004",
  session_start: 1_731_369_600_000,
  context_loaded: true,
  memory_budget: 200_000,
  status: "ACTIVE",
  files_open: [],
  context_items: [],
  blockers: [],
};
const HUMAN: WorknodeRecord = { ...AGENT, id: "ann", type: "HUMAN", name: "Ann" };
const UPDATE = {
  current_task: "RPC-005",
  files_open: ["src/network/quic_transport.c"],
  context_items: ["WAVE4_BIG_LINES", "RPC_TYPES_COMPLETE"],
  blockers: [],
};

describe("worknodes", () => {
  it("are agents and people alike, read back as registered", () => {
    const store = temporaryStore();
    expect(registerWorknode(store, AGENT)).toEqual({ ok: true, value: AGENT });
    registerWorknode(store, HUMAN);
    expect(store.queries.worknode("claude-code")).toEqual(AGENT);
    expect(store.queries.worknode("ann")).toEqual(HUMAN);
  });

  it("that do not fit are refused", () => {
    const result = registerWorknode(temporaryStore(), { ...AGENT, memory_budget: 0 });
    expect(result).toMatchObject({ ok: false, error: { code: "INVALID_WORKNODE" } });
  });

  it("change their own record only", () => {
    const store = temporaryStore();
    registerWorknode(store, AGENT);
    registerWorknode(store, HUMAN);
    expect(updateSelf(store, "claude-code", UPDATE)).toEqual({ ok: true, value: { ...AGENT, ...UPDATE } });
    expect(store.queries.worknode("ann")).toEqual(HUMAN);
    expect(updateSelf(store, "claude-code", { id: "ann", blockers: ["x"] })).toMatchObject({
      ok: false,
      error: { code: "NOT_SELF" },
    });
    expect(store.queries.worknode("ann")).toEqual(HUMAN);
    expect(updateSelf(store, "claude-code", { id: "claude-code", blockers: ["x"] })).toMatchObject({ ok: true });
  });

  it("change nothing they may not say about themselves", () => {
    const store = temporaryStore();
    registerWorknode(store, AGENT);
    const promotion = { capabilities: ["EVERYTHING"] } as object;
    expect(updateSelf(store, "claude-code", promotion)).toMatchObject({
      ok: false,
      error: { code: "INVALID_WORKNODE" },
    });
    expect(updateSelf(store, "claude-code", { files_open: "all" as never })).toMatchObject({
      ok: false,
      error: { code: "INVALID_WORKNODE" },
    });
    expect(updateSelf(store, "nobody", UPDATE)).toMatchObject({ ok: true, value: { id: "nobody", ...UPDATE } });
    expect(store.queries.worknode("claude-code")).toEqual(AGENT);
  });
});
