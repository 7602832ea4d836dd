import { describe, expect, it } from "vitest";
import { findErrorLine } from "../../../src/memory/error-line.js";
import { learnFromCommand } from "../../../src/memory/failing-command.js";
import { createIssue, recordFixOutcome, resolveIssue } from "../../../src/memory/issues.js";
import { findKnownFix } from "../../../src/memory/similar-issues.js";
import { knownFixes } from "../../../src/memory/task-memory.js";
import type { Store } from "../../../src/store/store.js";
import { cycleStarted, effectKept, event, temporaryStore } from "../store/sample-events.js";

const AUTHOR = { actor: "implementer", cycle: 1 };
const LINKER =
  "/tmp/x/q.o: in function f:\nsrc/q.c:12: undefined reference to `queue_push'\ncollect2: error: ld returned 1 exit status\n";

function started(): Store {
  const store = temporaryStore();
  store.append([cycleStarted(1, [{ id: "T-1" }, { id: "T-2" }])]);
  return store;
}

/** Runs a command that ended so, records what it teaches, and answers the fixes told. */
function run(
  store: Store,
  exitCode: number | null,
  stderr = "",
  { command = "make test", task = "T-1" } = {},
): string[] {
  const { events, fixes } = learnFromCommand(store, { ...AUTHOR, task }, { command, exitCode, stdout: "", stderr });
  store.append(events);
  return fixes;
}

describe("a failing command", () => {
  it("becomes an issue by itself, once, and counts up", () => {
    const store = started();
    expect(run(store, 2, LINKER)).toEqual([]);
    run(store, 2, LINKER.replaceAll("12", "40"));
    expect(store.queries.issues(null, 9)).toMatchObject([
      {
        type: "COMMAND_FAILED",
        error: "src/q.c:12: undefined reference to `queue_push'",
        file: "src/q.c",
        count: 2,
        resolved: false,
        task: "T-1",
      },
    ]);
  });

  it("is closed by a later success, with what changed in between", () => {
    const store = started();
    store.append([effectKept("1:T-1:work:1:1", "T-1", "src/before.c")]);
    run(store, 2, LINKER);
    const call = "1:T-1:work:1:2";
    const args = { file_path: "src/q.c", old_string: "push()", new_string: "queue_push()" };
    store.append([edit(call, args), effectKept(call, "T-1", "src/q.c")]);
    store.append([edit("1:T-1:work:1:3", { ...args, old_string: "never kept" })]);
    run(store, 0);
    expect(store.queries.issues(null, 9)).toMatchObject([
      {
        resolved: true,
        solution: { fix: "`make test` succeeded after src/q.c changed", patch: "--- src/q.c\n-push()\n+queue_push()" },
      },
    ]);
    expect(store.queries.failures(1, "T-1", "make test")).toEqual([]);
    expect(store.rebuild().equal).toBe(true);
  });

  it("is not closed by another command, another task or a command that was stopped", () => {
    const store = started();
    run(store, 2, LINKER);
    run(store, 0, "", { command: "make lint" });
    run(store, 0, "", { task: "T-2" });
    run(store, null, LINKER);
    expect(store.queries.issues(0, 9)).toHaveLength(1);
    run(store, 0);
    expect(store.queries.issues(1, 9)).toMatchObject([
      { solution: { fix: "`make test` succeeded with no file of its task changed" } },
    ]);
  });

  it("that says nothing of an error is no issue", () => {
    const store = started();
    run(store, 1, "", { command: "grep -q x README.md" });
    expect(store.queries.issues(null, 9)).toEqual([]);
  });

  it("is told the known fix, and its outcome is recorded: in vain first, then worked", () => {
    const store = started();
    createIssue(store, {
      type: "LINK",
      error: "/other/place.c:7: undefined reference to `queue_push'",
      solution: { fix: "link with -lqueue", root_cause: "not named" },
      resolved: true,
    });
    expect(run(store, 2, LINKER)[0]).toContain("link with -lqueue. Cause: not named [is_");
    expect(store.queries.issues(null, 9)).toMatchObject([{ count: 2, applied: 0, worked: 0 }]);
    expect(run(store, 2, LINKER)[0]).toContain("link with -lqueue");
    run(store, 2, LINKER);
    expect(store.queries.issues(null, 9)).toMatchObject([{ applied: 1, worked: 0 }]);
    run(store, 0);
    expect(store.queries.issues(null, 9)).toMatchObject([{ applied: 2, worked: 1, count: 4 }]);
    expect(knownFixes(store, LINKER)[0]?.line).toContain("worked 1 of 2]");
    expect(store.rebuild().equal).toBe(true);
  });

  it("survives output that no record may hold", () => {
    const store = started();
    run(store, 1, `error: a\0b \ud800 ${"x".repeat(10_000_000)}`);
    expect(store.queries.issues(null, 9)[0]?.error).toMatch(/^error: ab \uFFFD x+$/);
  });
});

function edit(callId: string, args: Record<string, unknown>) {
  const proposal = {
    call_id: callId,
    what: { tool: "Edit", args, args_hash: "e".repeat(64) },
    when: { phase: "build", cycle: 1 },
    who: { agent: "implementer", tier: "implementation" as const, task: "T-1" },
    verification: "",
    action: "",
    expectedOutcomes: [],
    failureModes: [],
    observation: { data: {}, sources: [], signals: [] },
    analysis: { meaning: "", probabilities: {}, risks: [] },
  };
  return event("PROPOSAL", proposal, { task: "T-1", execution: callId, stream: "conv:1:T-1:work:1" });
}

describe("the telling line", () => {
  it.each([
    [
      'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: no such thing\n',
      "ValueError: no such thing",
    ],
    ["warning: x\nsrc/a.ts(3,4): error TS2345: bad\n", "src/a.ts(3,4): error TS2345: bad"],
    ["\u001b[31merror[E0308]\u001b[0m: mismatched types\n", "error[E0308]: mismatched types"],
    ["thread 'main' panicked at src/main.rs:3:5\n", "thread 'main' panicked at src/main.rs:3:5"],
    ["sh: 1: foo: not found\n", "sh: 1: foo: not found"],
    ["one\ntwo\n\n", "two"],
  ])("of %j is found", (stderr, error) => {
    expect(findErrorLine({ stdout: "", stderr })?.error).toBe(error);
  });

  it("may stand in standard output, and names its file", () => {
    const stdout = "building\nsrc/deep/a.c:3:9: error: expected ';'\n";
    expect(findErrorLine({ stdout, stderr: "" })).toEqual({
      error: "src/deep/a.c:3:9: error: expected ';'",
      file: "src/deep/a.c",
    });
    expect(findErrorLine({ stdout: "all fine\n", stderr: "" })).toBeUndefined();
  });
});

describe("an issue", () => {
  it("is resolved by hand, and says how often its fix helped", () => {
    const store = temporaryStore();
    const made = createIssue(store, { type: "E", error: "cannot open the display", resolved: false });
    const id = made.ok ? made.value.id : "";
    expect(recordFixOutcome(store, { id, worked: true })).toMatchObject({ ok: false, error: { code: "NO_FIX" } });
    const solution = { fix: "set DISPLAY", root_cause: "" };
    expect(resolveIssue(store, { id, solution })).toMatchObject({ ok: true, value: { resolved: true, solution } });
    expect(recordFixOutcome(store, { id, worked: true })).toMatchObject({ ok: true, value: { applied: 1, worked: 1 } });
    expect(findKnownFix(store, "E", "cannot open the display")?.solution).toEqual(solution);
    const unknown = { ok: false, error: { code: "UNKNOWN_ISSUE" } };
    expect(resolveIssue(store, { id: "is_none", solution })).toMatchObject(unknown);
    expect(recordFixOutcome(store, { id: "is_none", worked: true })).toMatchObject(unknown);
    expect(resolveIssue(store, { id, solution: { fix: "", root_cause: "" } })).toMatchObject({ ok: false });
  });
});
