import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectBrief, renderBrief } from "../../../src/memory/brief.js";
import { createDecision } from "../../../src/memory/decisions.js";
import { createNote } from "../../../src/memory/notes.js";
import { estimateTokens } from "../../../src/memory/text.js";
import type { Store } from "../../../src/store/store.js";
import {
  cycleStarted,
  effectKept,
  event,
  fixedClock,
  proposed,
  taskCompleted,
  taskStarted,
  temporaryStore,
} from "../store/sample-events.js";

/** A cycle with something of everything a brief tells. */
function everything(): Store {
  const clock = fixedClock();
  const store = temporaryStore({ clock, node: "golden" });
  const of = (task: string) => ({ task, stream: `task:1:${task}` });
  store.append([
    cycleStarted(1, [
      { id: "RPC-003", title: "quic_init() and quic_shutdown()", files: ["src/network/quic_init.c"] },
      {
        id: "RPC-005",
        title: "QUIC transport implementation",
        needs: ["RPC-003"],
        files: ["src/network/quic_transport.c"],
        estimate: 3,
      },
      { id: "RPC-006", title: "Measure the transport", needs: ["RPC-005"] },
      { id: "DOC-001", title: "Describe the wire format" },
    ]),
    event("SESSION_STARTED", { cycle: 1, pid: 7, resumed: false }),
    taskStarted("RPC-003"),
  ]);
  clock.advance(2 * 3_600_000);
  const decision = { alternatives_rejected: [], made_by: "planner", timestamp: 1, confidence: 0.9 };
  createDecision(store, {
    ...decision,
    id: "TECH-000",
    question: "Wire format?",
    decision: "JSON",
    rationale: "known",
  });
  createDecision(store, {
    ...decision,
    id: "TECH-001",
    question: "Wire format?",
    decision: "Cap'n Proto C++ Wrapper",
    rationale: "Promise pipelining, zero-copy",
    supersedes: "TECH-000",
  });
  createDecision(store, {
    ...decision,
    id: "TECH-002",
    question: "Which QUIC library?",
    decision: "ngtcp2",
    rationale: "small",
    paths: ["src/network/quic_transport.c"],
  });
  createDecision(store, {
    ...decision,
    id: "TECH-003",
    question: "Own scheduler?",
    decision: "yes",
    rationale: "",
    status: "rejected",
  });
  createNote(
    store,
    { text: "The peer closes idle connections after 30 s.", paths: ["src/network/quic_init.c"] },
    { actor: "ann" },
  );
  const issue = { type: "LINK", resolved: false, fingerprint: "f1", file: "src/network/quic_transport.c" };
  store.append([
    event("ISSUE_RECORDED", {
      ...issue,
      id: "is_1",
      error: "undefined reference to quic_connect",
      solution: { fix: "add it to CMakeLists", root_cause: "new file" },
      resolved: true,
    }),
    event("FIX_OUTCOME", { id: "is_1", worked: true, by: "implementer" }),
    event("ISSUE_RECORDED", { ...issue, id: "is_2", fingerprint: "f2", error: "assertion failed: stream_count > 0" }),
    event("ISSUE_RECORDED", { ...issue, id: "is_2", fingerprint: "f2", error: "assertion failed: stream_count > 0" }),
    effectKept("1:RPC-003:work:1:1", "RPC-003", "src/network/quic_init.c"),
    taskCompleted("RPC-003", ["src/network/quic_init.c"], "Both handshake ends are in place."),
    taskStarted("RPC-005"),
    effectKept("1:RPC-005:work:1:1", "RPC-005", "src/network/quic_transport.c"),
    ...proposed("1:RPC-005:work:1:2", "RPC-005", "src/network/quic_transport.c"),
    event("ESCALATION", { id: "es_1", from: "writer", reason: "no spec yet", to: "human" }, of("DOC-001")),
    event("TASK_STATUS", { status: "BLOCKED", reason: "no spec yet" }, of("DOC-001")),
  ]);
  const denial = {
    code: "ERROR_PLAN_VIOLATION",
    rule: "write-scope",
    subject: "implementer",
    object: "package.json",
    message: "m",
    remedy: "Write only the task's files.",
  };
  for (const call of ["a", "b", "c"])
    store.append([event("SECURITY_VIOLATION", { ...denial, call_id: call }, of("RPC-005"))]);
  return store;
}

describe("the brief's bytes", () => {
  it.each([
    ["brief.txt", undefined],
    ["brief-400.txt", 400],
    ["brief-1.txt", 1],
  ])("are those of test/vectors/%s", (name, budgetTokens) => {
    const brief = projectBrief(everything(), budgetTokens === undefined ? {} : { budgetTokens });
    if (brief === undefined) throw new Error("no brief");
    const text = renderBrief(brief);
    expect(text).toBe(readFileSync(join(import.meta.dirname, "../../vectors", name), "utf8"));
    expect(brief.tokens).toBe(estimateTokens(text));
    if (budgetTokens !== 1) expect(brief.tokens).toBeLessThanOrEqual(budgetTokens ?? 1_500);
  });

  it("are the same for the same store, and after a rebuild", () => {
    const store = everything();
    const text = renderBrief(projectBrief(store) as never);
    expect(renderBrief(projectBrief(store) as never)).toBe(text);
    expect(store.rebuild()).toEqual({ equal: true, differences: [] });
    expect(renderBrief(projectBrief(store) as never)).toBe(text);
    expect(renderBrief(projectBrief(everything()) as never)).toBe(text);
  });
});
