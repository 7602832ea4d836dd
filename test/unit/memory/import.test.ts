import { describe, expect, it } from "vitest";
import { createDecision, searchDecisions } from "../../../src/memory/decisions.js";
import { readAdrs } from "../../../src/memory/import/adr.js";
import { exportLines, importLines } from "../../../src/memory/import/export-lines.js";
import { readSpecKit } from "../../../src/memory/import/spec-kit.js";
import { takeIn } from "../../../src/memory/import/take-in.js";
import { readTaskMaster } from "../../../src/memory/import/task-master.js";
import { createIssue } from "../../../src/memory/issues.js";
import { claimTask } from "../../../src/memory/own-tasks.js";
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

function filled(): Store {
  const store = temporaryStore({ clock: fixedClock() });
  store.append([
    cycleStarted(1, [{ id: "T-1" }]),
    taskStarted("T-1"),
    ...proposed("1:T-1:work:1:1", "T-1"),
    effectKept("1:T-1:work:1:1", "T-1"),
    taskCompleted("T-1"),
  ]);
  const made = { alternatives_rejected: [], made_by: "ann", timestamp: 1, confidence: 1 };
  createDecision(store, { ...made, id: "D-1", question: "Which?", decision: "队列", rationale: "x".repeat(2_000) });
  createIssue(store, { type: "E", error: "it broke", resolved: false });
  claimTask(store, { task: "OWN", by: "ann" });
  store.append([event("KILLED", { epoch: 3, by: { os_user: "ann", git_email: null } })]);
  return store;
}

describe("an export", () => {
  it("read into an empty store gives the same state, chain and rebuild", () => {
    const from = filled();
    const lines = [...exportLines(from)];
    const into = temporaryStore({ clock: fixedClock() });
    expect(importLines(into, lines)).toBe(from.events({}).length);
    expect([...exportLines(into)]).toEqual(lines);
    expect(into.verify()).toEqual({ ok: true, events: lines.length - 1 });
    expect(into.rebuild()).toEqual({ equal: true, differences: [] });
    expect(into.queries.tasks(1)).toEqual(from.queries.tasks(1));
    expect(searchDecisions(into, { query: "队列" })).toHaveLength(1);
    expect(into.epoch()).toBe(3);
    expect(createIssue(into, { type: "E", error: "it broke", resolved: false })).toMatchObject({
      ok: true,
      value: { count: 2 },
    });
    expect(into.verify().ok).toBe(true);
  });

  it("read twice, or later with more, adds only what is new", () => {
    const from = filled();
    const into = temporaryStore();
    importLines(into, [...exportLines(from)]);
    expect(importLines(into, [...exportLines(from)])).toBe(0);
    claimTask(from, { task: "MORE", by: "bob" });
    expect(importLines(into, [...exportLines(from)])).toBe(2);
    expect(into.queries.task(0, "MORE")?.agent).toBe("bob");
  });

  it("of another project is refused, and changes nothing", () => {
    const into = filled();
    const before = [...exportLines(into)];
    const other = temporaryStore();
    createIssue(other, { type: "E", error: "elsewhere", resolved: false });
    expect(() => importLines(into, [...exportLines(other)])).toThrow(/another event 1/);
    expect([...exportLines(into)]).toEqual(before);
  });

  it("of an empty store is read back as nothing", () => {
    expect(importLines(temporaryStore(), [...exportLines(temporaryStore())])).toBe(0);
  });

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ["changed in one word", (lines) => lines.map((line) => line.replace("it broke", "it works")), /IMPORT_BROKEN/],
    ["cut off", (lines) => lines.slice(0, -1), /IMPORT_BROKEN.*not whole/],
    ["without its middle", (lines) => lines.toSpliced(3, 1), /IMPORT_BROKEN/],
    [
      "of another version",
      (lines) => [String(lines[0]).replace('"version":1', '"version":2'), ...lines.slice(1)],
      /IMPORT_VERSION/,
    ],
    ["without its first line", (lines) => lines.slice(1), /IMPORT_INVALID/],
    ["that is empty", () => [], /IMPORT_INVALID/],
    ["that is not JSON", (lines) => [...lines, "{"], /IMPORT_INVALID/],
    [
      "with an unknown event",
      (lines) => [...lines, String(lines[1]).replace('"CYCLE_STARTED"', '"MADE_UP"')],
      /no event type MADE_UP/,
    ],
    [
      "with a payload that does not fit",
      (lines) => [...lines, String(lines[1]).replace('"plan_id":"demo"', '"plan_id":7')],
      /IMPORT_INVALID.*plan_id/,
    ],
  ])("%s is refused whole", (_what, change, message) => {
    const into = temporaryStore();
    let fault: unknown;
    try {
      importLines(into, change([...exportLines(filled())]));
    } catch (thrown) {
      fault = thrown;
    }
    expect(fault).toMatchObject({ exitCode: 2 });
    expect(`${(fault as { code: string }).code} ${String(fault)}`).toMatch(message);
    expect(into.events({})).toEqual([]);
    expect(into.queries.maxCycle()).toBe(0);
  });
});

describe("task-master's tasks.json", () => {
  const TASKS = {
    tasks: [
      { id: 1, title: "Set up", status: "done", dependencies: [] },
      {
        id: 2,
        title: "Log in",
        description: "With a cookie",
        details: "HttpOnly",
        status: "pending",
        dependencies: [1, 99],
        subtasks: [
          { id: 1, title: "Form", status: "pending" },
          { id: 2, title: "Cookie", status: "in-progress", dependencies: [1] },
        ],
      },
      { id: 3, title: "Old idea", status: "cancelled" },
      { id: 4, title: "Later", status: "deferred", dependencies: [3] },
    ],
  };

  it("becomes tasks outside plans, with needs, states and details, once", () => {
    const store = temporaryStore();
    const read = readTaskMaster(JSON.stringify(TASKS));
    if (!read.ok) throw read.error;
    const imported = { tasks: read.value, decisions: [] };
    expect(takeIn(store, imported, "ann")).toEqual({ ok: true, value: { tasks: 6, decisions: 0, known: [] } });
    expect(store.queries.tasks(0).map(({ id, status, needs }) => [id, status, needs])).toEqual([
      ["1", "DONE", []],
      ["2.1", "PENDING", []],
      ["2.2", "PENDING", ["2.1"]],
      ["2", "PENDING", ["1", "2.1", "2.2"]],
      ["3", "SKIPPED", []],
      ["4", "BLOCKED", ["3"]],
    ]);
    expect(store.queries.notes(5)).toMatchObject([{ task: "2", text: "With a cookie\nHttpOnly" }]);
    expect(claimTask(store, { by: "ann" })).toMatchObject({ ok: true, value: { id: "2.1" } });
    expect(takeIn(store, imported, "ann")).toMatchObject({
      ok: true,
      value: { tasks: 0, known: ["1", "2.1", "2.2", "2", "3", "4"] },
    });
    expect(store.rebuild().equal).toBe(true);
  });

  it("may have tags; what is none of it is refused", () => {
    const tagged = readTaskMaster(JSON.stringify({ master: TASKS, ui: { tasks: [{ id: 1, title: "Draw" }] } }));
    expect(tagged.ok && tagged.value.map(({ id }) => id)).toEqual(["1", "2.1", "2.2", "2", "3", "4", "ui-1"]);
    for (const text of ["{", "[]", '{"tasks": [{"id": 1}]}'])
      expect(readTaskMaster(text)).toMatchObject({ ok: false, error: { exitCode: 2 } });
  });

  it("adds nothing when one of its tasks does not fit", () => {
    const store = temporaryStore();
    const tasks = [
      { id: "A", title: "a", status: "open" as const },
      { id: "B", title: "b\0", status: "open" as const },
    ];
    expect(takeIn(store, { tasks, decisions: [] }, "ann")).toMatchObject({
      ok: false,
      error: { code: "INVALID_TASK" },
    });
    expect(store.events({})).toEqual([]);
  });
});

describe("spec-kit's tasks.md", () => {
  it("becomes tasks whose needs follow from what may run beside each other", () => {
    const text = `# Tasks
## Phase 1
- [x] T001 Create project structure
- [ ] T002 [P] [US1] Create User model in src/models/user.py
- [ ] T003 [P] Create Session model in src/models/session.py
- [ ] T004 Wire them up in src/app.py
  - [ ] T005 Document
not a task
- [ ] something else
`;
    const read = readSpecKit(text);
    expect(read.ok && read.value).toEqual([
      { id: "T001", title: "Create project structure", needs: [], files: [], status: "done" },
      {
        id: "T002",
        title: "Create User model in src/models/user.py",
        needs: ["T001"],
        files: ["src/models/user.py"],
        status: "open",
      },
      {
        id: "T003",
        title: "Create Session model in src/models/session.py",
        needs: ["T001"],
        files: ["src/models/session.py"],
        status: "open",
      },
      {
        id: "T004",
        title: "Wire them up in src/app.py",
        needs: ["T002", "T003"],
        files: ["src/app.py"],
        status: "open",
      },
      { id: "T005", title: "Document", needs: ["T004"], files: [], status: "open" },
    ]);
    expect(readSpecKit("# nothing\n")).toMatchObject({ ok: false });
  });
});

describe("a folder of decision records", () => {
  const FILES = [
    { name: "README.md", text: "# All records\n" },
    {
      name: "0002-use-json.md",
      text: "# 2. Use JSON\n\nDate: 2024-05-06\n\n## Status\n\nAccepted\n\nSupersedes [1. Use XML](0001-use-xml.md)\n\n## Context\n\nXML is long.\n\n## Decision\n\nWe use JSON.\n\n## Consequences\n\nNo comments.\n",
    },
    {
      name: "0001-use-xml.md",
      text: "# 1. Use XML\n\n## Status\n\nSuperseded by [2. Use JSON](0002-use-json.md)\n\n## Decision\n\nWe use XML.\n",
    },
    {
      name: "0003-queue.md",
      text: "---\nstatus: proposed\ndate: 2024-06-01\n---\n# Which queue?\n\n## Considered Options\n\n* Redis\n* NATS\n\n## Decision Outcome\n\nChosen option: NATS\n",
    },
    { name: "0004-plain.md", text: "# 4. One log\n\nEvery step is an event.\n" },
    { name: "0005-gone.md", text: "# 5. Gone\n\n## Status\n\nSuperseded by ADR-0099\n\n## Decision\n\nNo more.\n" },
    { name: "0006-empty.md", text: "no heading" },
  ];

  it("becomes decisions with status, date, alternatives and what they replace", () => {
    const store = temporaryStore();
    const decisions = readAdrs(FILES, { nowMs: 7 });
    expect(takeIn(store, { tasks: [], decisions }, "ann")).toMatchObject({ ok: true, value: { decisions: 5 } });
    expect(searchDecisions(store, { query: "" }).map(({ id }) => id)).toEqual([
      "ADR-0005",
      "ADR-0004",
      "ADR-0003",
      "ADR-0002",
    ]);
    expect(store.queries.decision("ADR-0002")?.record).toMatchObject({
      question: "Use JSON",
      decision: "We use JSON.",
      rationale: "XML is long.\n\nNo comments.",
      supersedes: "ADR-0001",
      timestamp: Date.UTC(2024, 4, 6),
    });
    expect(store.queries.decision("ADR-0003")?.record).toMatchObject({
      status: "proposed",
      alternatives_rejected: [{ option: "Redis", reason: "" }],
    });
    expect(store.queries.decision("ADR-0004")?.record).toMatchObject({
      decision: "Every step is an event.",
      timestamp: 7,
    });
    expect(store.queries.decision("ADR-0005")?.record.status).toBe("deprecated");
  });
});
