import { describe, expect, it } from "vitest";
import { type Brief, projectBrief, renderBrief } from "../../../src/memory/brief.js";
import { packItems } from "../../../src/memory/brief-packing.js";
import { createDecision } from "../../../src/memory/decisions.js";
import { createIssue } from "../../../src/memory/issues.js";
import { describeNothing } from "../../../src/memory/nothing.js";
import { estimateTokens, joinWords, oneLine } from "../../../src/memory/text.js";
import type { AnyNewEvent } from "../../../src/schema/event.js";
import type { Store } from "../../../src/store/store.js";
import {
  cycleStarted,
  effectKept,
  event,
  fixedClock,
  proposed,
  type SampleTask,
  taskCompleted,
  taskStarted,
  temporaryStore,
  toolResult,
} from "../store/sample-events.js";

const RPC: SampleTask[] = [
  { id: "RPC-003", title: "quic_init() and quic_shutdown()" },
  {
    id: "RPC-005",
    title: "QUIC transport implementation",
    needs: ["RPC-003"],
    files: ["src/network/quic_transport.c"],
  },
  { id: "RPC-006", title: "Measure it", needs: ["RPC-005"] },
];
const SESSION = event("SESSION_STARTED", { cycle: 1, pid: 7, resumed: false });

function ofTask(task: string) {
  return { task, stream: `task:1:${task}` };
}

function stepEvents(task: string, step: string, status?: "done"): AnyNewEvent[] {
  const started = event("STEP_STARTED", { step, kind: "agent" }, ofTask(task));
  if (status === undefined) return [started];
  return [started, event("STEP_ENDED", { step, status, outputs: {} }, ofTask(task))];
}

function briefOf(events: AnyNewEvent[], tasks = RPC, more?: (store: Store) => void): Brief {
  const store = temporaryStore();
  store.append([cycleStarted(1, tasks), SESSION, ...events]);
  more?.(store);
  const brief = projectBrief(store);
  if (brief === undefined) throw new Error("no brief");
  return brief;
}

function linesOf(brief: Brief, heading: string): string[] {
  return brief.sections.find((section) => section.heading === heading)?.lines ?? [];
}

describe("the resume line", () => {
  it("is in the sources' words", () => {
    const steps = [
      ...stepEvents("RPC-005", "quic_init()", "done"),
      ...stepEvents("RPC-005", "quic_shutdown()", "done"),
      ...stepEvents("RPC-005", "quic_connect() (client-side)"),
    ];
    const brief = briefOf([taskStarted("RPC-005"), ...steps]);
    expect(renderBrief(brief).split("\n")[0]).toBe(
      "Resuming RPC-005 (QUIC transport implementation). Last session completed quic_init() and quic_shutdown(). " +
        "Next: Finish step quic_connect() (client-side) of QUIC transport implementation. No blockers. Starting now...",
    );
    expect(brief).toMatchObject({ cycle: 1, task: "RPC-005" });
  });

  it("names the tasks the last session finished and the files it kept", () => {
    const brief = briefOf([
      taskStarted("RPC-003"),
      taskCompleted("RPC-003"),
      taskStarted("RPC-005"),
      effectKept("1:RPC-005:work:1:1", "RPC-005", "src/network/quic_transport.c"),
    ]);
    expect(brief.resume).toBe(
      "Resuming RPC-005 (QUIC transport implementation). " +
        "Last session completed RPC-003 (quic_init() and quic_shutdown()) and src/network/quic_transport.c. " +
        "Next: Finish QUIC transport implementation. No blockers. Starting now...",
    );
  });

  it("leaves out what earlier sessions finished, and says so when the last one finished nothing", () => {
    const brief = briefOf([taskStarted("RPC-003"), taskCompleted("RPC-003"), SESSION]);
    expect(brief.resume).toBe(
      "Resuming RPC-005 (QUIC transport implementation). Last session completed nothing. " +
        "Next: Start RPC-005: QUIC transport implementation. No blockers. Starting now...",
    );
  });

  it.each([
    [
      "a rejection",
      [event("TASK_REJECTED", { attempt: 1, by: "critic", feedback: "Check the\nreturn value." }, ofTask("RPC-005"))],
      "Rework RPC-005: Check the return value",
    ],
    [
      "a verified result",
      [event("TASK_STATUS", { status: "VERIFIED" }, ofTask("RPC-005"))],
      "Judge the result of RPC-005",
    ],
  ])("says what is next after %s", (_what, events, next) => {
    const brief = briefOf([taskCompleted("RPC-003"), taskStarted("RPC-005"), ...events]);
    expect(brief.resume).toContain(`Next: ${next}. No blockers.`);
  });

  it("resumes what was touched last of several tasks under way", () => {
    const tasks = [{ id: "A" }, { id: "B" }, { id: "C" }];
    const brief = briefOf([taskStarted("B"), taskStarted("A")], tasks);
    expect(brief.task).toBe("A");
    expect(linesOf(brief, "Next actions")).toEqual(["Finish Title of A", "Finish Title of B", "Start C: Title of C"]);
  });

  it("names the blockers", () => {
    const brief = briefOf([
      taskCompleted("RPC-003"),
      event("TASK_STATUS", { status: "BLOCKED", reason: "no compiler" }, ofTask("RPC-005")),
      event(
        "ESCALATION",
        { id: "es_1", from: "implementer", reason: "no compiler", needs: "gcc", to: "executive" },
        ofTask("RPC-005"),
      ),
      event(
        "APPROVAL_REQUESTED",
        { id: "ap_1", kind: "gate", proposal_hash: "h", message: "Ship?", require: [], exclude: [], expires_at: 1 },
        ofTask("RPC-006"),
      ),
    ]);
    expect(brief.resume).toContain(
      "Next: Unblock RPC-005 (no compiler). Blockers: RPC-005: no compiler, needs gcc (es_1, for the executive); RPC-006 waits for approval ap_1: Ship?. Starting now...",
    );
    expect(linesOf(brief, "Blockers and pending gates")).toEqual([
      "RPC-005: no compiler, needs gcc (es_1, for the executive) [es_1]",
      "RPC-006 waits for approval ap_1: Ship? [ap_1]",
    ]);
  });

  it("names a blocked task that nobody escalated", () => {
    const brief = briefOf([event("TASK_STATUS", { status: "BLOCKED" }, ofTask("RPC-003"))]);
    expect(brief.resume).toContain("Next: Unblock RPC-003 (blocked). Blockers: RPC-003: blocked. Starting now...");
  });

  it("speaks of the cycle when no task is left", () => {
    const brief = briefOf([taskCompleted("RPC-003"), taskCompleted("RPC-005"), taskCompleted("RPC-006")]);
    expect(brief.task).toBeNull();
    expect(brief.resume).toMatch(
      /^Resuming cycle 1 \(Demo plan\)\. .* Next: End cycle 1: no task is left to do\. No blockers\. Starting now\.\.\.$/,
    );
  });

  it("counts what it does not name", () => {
    const tasks = Array.from({ length: 9 }, (_, index) => ({ id: `T-${index}` }));
    const brief = briefOf(
      tasks.slice(0, 8).map(({ id }) => taskCompleted(id)),
      tasks,
    );
    expect(brief.resume).toContain("T-4 (Title of T-4) and 3 more. Next:");
  });
});

describe("the brief", () => {
  it("is undefined when nothing is incomplete", () => {
    const store = temporaryStore();
    expect(projectBrief(store)).toBeUndefined();
    expect(projectBrief(store, { cycle: 3 })).toBeUndefined();
    store.append([cycleStarted(1, RPC), event("CYCLE_ENDED", { cycle: 1, status: "done", exit_code: 0, reason: "" })]);
    expect(projectBrief(store)).toBeUndefined();
    expect(projectBrief(store, { cycle: 1 })?.cycle).toBe(1);
  });

  it("warns of calls whose outcome is unknown, first of all", () => {
    const call = "1:RPC-005:work:1:1";
    const brief = briefOf([taskStarted("RPC-005"), ...proposed(call, "RPC-005", "src/x.c")]);
    expect(brief.sections[0]).toEqual({
      heading: "Calls of unknown outcome",
      lines: [`Write src/x.c (no effect recorded) [${call}]`],
    });
    const known = briefOf([taskStarted("RPC-005"), ...proposed(call, "RPC-005"), toolResult(call, "RPC-005")]);
    expect(linesOf(known, "Calls of unknown outcome")).toEqual([]);
  });

  it("tells decisions, fixes, files and finished tasks with their ids", () => {
    const brief = briefOf(
      [
        taskCompleted("RPC-003", ["src/init.c"], "Wrote both."),
        taskStarted("RPC-005"),
        effectKept("1:RPC-005:work:1:1", "RPC-005", "src/network/quic_transport.c"),
      ],
      RPC,
      (store) => {
        const words = { alternatives_rejected: [], made_by: "planner", timestamp: 1, confidence: 1 };
        createDecision(store, {
          id: "D-1",
          question: "Which QUIC library?",
          decision: "ngtcp2",
          rationale: "small",
          ...words,
        });
        createDecision(store, {
          id: "D-2",
          question: "Which QUIC transport implementation?",
          decision: "blue",
          rationale: "",
          ...words,
        });
        createDecision(store, {
          id: "D-3",
          question: "Which shade?",
          decision: "dark",
          rationale: "",
          supersedes: "D-2",
          ...words,
        });
        const solution = { fix: "declare it", root_cause: "missing header" };
        createIssue(store, { type: "E", error: "undefined reference to quic_init", solution, resolved: true });
        createIssue(store, { type: "E", error: "never solved", resolved: false });
      },
    );
    expect(linesOf(brief, "Decisions")).toEqual([
      "Which QUIC library?: ngtcp2. small [D-1]",
      "Which shade?: dark [D-3]",
    ]);
    expect(linesOf(brief, "Known fixes")).toMatchObject([
      expect.stringMatching(/^undefined reference to quic_init: declare it\. missing header \[is_/),
    ]);
    expect(linesOf(brief, "Files")).toEqual(["src/network/quic_transport.c, add by RPC-005 [ev_5]"]);
    expect(linesOf(brief, "Completed")).toEqual(["RPC-003 (quic_init() and quic_shutdown()): Wrote both"]);
    expect(brief.tokens).toBe(estimateTokens(renderBrief(brief)));
  });

  it("doubts a fix whose file changed after it was noted", () => {
    const solution = { fix: "declare it", root_cause: "missing" };
    const note = (store: Store) =>
      createIssue(store, { type: "E", error: "undefined x_y", file: "src/x.c", solution, resolved: true });
    const change = effectKept("1:RPC-005:work:1:1", "RPC-005", "src/x.c");
    const fresh = briefOf([taskStarted("RPC-005"), change], RPC, note);
    expect(linesOf(fresh, "Known fixes")[0]).not.toContain("unverified");
    const stale = briefOf([taskStarted("RPC-005")], RPC, (store) => {
      note(store);
      store.append([change]);
    });
    expect(linesOf(stale, "Known fixes")[0]).toContain("unverified: the file has changed since]");
  });

  it("puts first what concerns the task: its own decisions before newer ones", () => {
    const words = { rationale: "", alternatives_rejected: [], made_by: "planner", timestamp: 1, confidence: 1 };
    const brief = briefOf([taskStarted("RPC-005")], RPC, (store) => {
      createDecision(
        store,
        { id: "OWN", question: "a?", decision: "b", ...words },
        { actor: "p", cycle: 1, task: "RPC-005" },
      );
      createDecision(
        store,
        { id: "NEED", question: "a?", decision: "b", ...words },
        { actor: "p", cycle: 1, task: "RPC-003" },
      );
      createDecision(store, { id: "NEWEST", question: "a?", decision: "b", ...words });
    });
    expect(linesOf(brief, "Decisions")).toEqual(["a?: b [OWN]", "a?: b [NEED]", "a?: b [NEWEST]"]);
  });

  it("lets old records fade", () => {
    const clock = fixedClock();
    const store = temporaryStore({ clock });
    const words = { rationale: "", alternatives_rejected: [], made_by: "planner", timestamp: 1, confidence: 1 };
    store.append([cycleStarted(1, RPC)]);
    createDecision(store, { id: "A-OLD", question: "a?", decision: "b", ...words });
    clock.advance(30 * 24 * 60 * 60_000);
    createDecision(store, { id: "Z-NEW", question: "a?", decision: "b", ...words });
    const brief = projectBrief(store);
    expect(brief === undefined ? [] : linesOf(brief, "Decisions")).toEqual(["a?: b [Z-NEW]", "a?: b [A-OLD]"]);
  });

  it("stays within its budget, but never drops the first four parts", () => {
    const many = (store: Store) => {
      const words = {
        rationale: "for many reasons ".repeat(20),
        alternatives_rejected: [],
        made_by: "planner",
        timestamp: 1,
        confidence: 1,
      };
      for (let index = 0; index < 40; index += 1) {
        createDecision(store, {
          id: `D-${index}`,
          question: `Question number ${index}?`,
          decision: "so be it",
          ...words,
        });
      }
      for (let index = 0; index < 14; index += 1) {
        const reason = `stuck at ${index}`;
        store.append([
          event("ESCALATION", { id: `es_${index}`, from: "implementer", reason, to: "human" }, ofTask("RPC-005")),
        ]);
      }
    };
    const store = temporaryStore();
    store.append([cycleStarted(1, RPC)]);
    many(store);
    for (const budgetTokens of [800, 1_500, 4_000]) {
      const brief = projectBrief(store, { budgetTokens });
      expect(brief?.tokens).toBeLessThanOrEqual(budgetTokens);
    }
    const tiny = projectBrief(store, { budgetTokens: 1 });
    expect(tiny?.sections.map(({ heading }) => heading)).toEqual(["Blockers and pending gates", "Next actions"]);
    expect(tiny?.sections[0]?.lines).toHaveLength(11);
    expect(tiny?.sections[0]?.lines.at(-1)).toBe("+4 more: `worknode status`");
  });

  it("has the same bytes for the same store", () => {
    const store = temporaryStore();
    store.append([
      cycleStarted(1, RPC),
      taskStarted("RPC-005"),
      effectKept("1:RPC-005:work:1:1", "RPC-005"),
      effectKept("1:RPC-005:work:1:2", "RPC-005", "src/b.js"),
    ]);
    const first = projectBrief(store);
    const later = temporaryStore({ path: store.path, clock: fixedClock(Date.UTC(2030, 0, 1)), readonly: true });
    const second = projectBrief(later);
    if (first === undefined || second === undefined) throw new Error("no brief");
    expect(renderBrief(second)).toBe(renderBrief(first));
  });
});

describe("packing", () => {
  const item = (id: string, score: number, length: number) => ({
    kind: "decision" as const,
    id,
    full: `${id} ${"f".repeat(length)}`,
    line: `${id} line`,
    score,
  });

  it("falls back from the full text to a line to an id", () => {
    expect(packItems([item("A", 1, 400)], 1_000, 1_000)).toEqual([
      { heading: "Decisions", lines: [`A ${"f".repeat(400)}`] },
    ]);
    expect(packItems([item("A", 1, 4_000)], 1_000, 1_000)).toEqual([{ heading: "Decisions", lines: ["A line"] }]);
    expect(packItems([item("A", 1, 4_000)], 7, 1_000)).toEqual([{ heading: "Decisions", lines: ["A"] }]);
    expect(packItems([item("A", 1, 4_000)], 5, 1_000)).toEqual([]);
  });

  it("takes what is worth most for its length, ties by id", () => {
    const chosen = packItems([item("B", 1, 40), item("A", 1, 40), item("C", 9, 40)], 32, 1_000);
    expect(chosen[0]?.lines.map((line) => line[0])).toEqual(["C", "A"]);
  });
});

describe("words of a brief", () => {
  it("are joined as people write", () => {
    expect([joinWords([]), joinWords(["a"]), joinWords(["a", "b"]), joinWords(["a", "b", "c"])]).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
    ]);
  });

  it("fit one line", () => {
    expect(oneLine(" two\n lines. ")).toBe("two lines");
    expect(oneLine("x".repeat(20), 10)).toBe(`${"x".repeat(9)}…`);
  });
});

describe("with nothing to continue", () => {
  it("the sources' error and the last finished cycle are told", () => {
    const store = temporaryStore();
    expect(describeNothing(undefined)).toEqual({ error: "No incomplete cycle to continue", last: null });
    expect(describeNothing(store).last).toBeNull();
    store.append([
      cycleStarted(4, []),
      event("CYCLE_ENDED", { cycle: 4, status: "done", exit_code: 0, reason: "all tasks done" }),
    ]);
    expect(describeNothing(store)).toEqual({
      error: "No incomplete cycle to continue",
      last: "Last finished cycle: 4 (Demo plan), done at 2026-01-02 03:04 UTC: all tasks done",
    });
  });
});
