import { describe, expect, it } from "vitest";
import { projectBrief, renderBrief } from "../../../src/memory/brief.js";
import { createDecision } from "../../../src/memory/decisions.js";
import { createIssue } from "../../../src/memory/issues.js";
import { createNote } from "../../../src/memory/notes.js";
import { addTask } from "../../../src/memory/own-tasks.js";
import { pinRecord } from "../../../src/memory/pins.js";
import type { Store } from "../../../src/store/store.js";
import { temporaryStore } from "../store/sample-events.js";

/** Records of each kind, more than a brief looks at; the first of each kind is the oldest. */
function filled(): { store: Store; first: string[] } {
  const store = temporaryStore();
  addTask(store, { id: "T-1", title: "Fix the login" });
  const first: string[] = [];
  for (let index = 0; index < 40; index++) {
    const common = { rationale: "", alternatives_rejected: [], made_by: "ann", timestamp: 1, confidence: 1 };
    createDecision(store, { id: `D-${index}`, question: `q${index}?`, decision: `word${index}`, ...common });
    const solution = { fix: `fix${index}`, root_cause: "" };
    const error = `error in part${"abcdefgh".charAt(index % 8)}${"ijklm".charAt(index % 5)}`;
    const issue = createIssue(store, { type: "T", error, resolved: true, solution });
    const note = createNote(store, { text: `remark${index}` });
    if (index === 0 && issue.ok && note.ok) first.push("D-0", issue.value.id, note.value.id);
  }
  return { store, first };
}

const told = (store: Store): string => {
  const brief = projectBrief(store, { task: "T-1" });
  return brief === undefined ? "" : renderBrief(brief);
};

describe("a pinned record", () => {
  it.each([
    ["decision", 0, "Decisions"],
    ["fix", 1, "Known fixes"],
    ["note", 2, "Notes"],
  ])("that is a %s comes first of its kind, however old it is, until it is unpinned", (_, index, heading) => {
    const { store, first } = filled();
    const id = first[index] ?? "";
    const cited = new RegExp(`\\[${id}[,\\]]`);
    expect(told(store)).not.toMatch(cited);
    expect(pinRecord(store, { id, pinned: true }, { actor: "ann" })).toEqual({ ok: true, value: { id, pinned: true } });
    expect(told(store)).toMatch(new RegExp(`${heading}:\n- [^\n]*\\[${id}[,\\]]`));
    expect(store.rebuild()).toMatchObject({ equal: true });
    expect(pinRecord(store, { id, pinned: false })).toEqual({ ok: true, value: { id, pinned: false } });
    expect(told(store)).not.toMatch(cited);
    expect(store.rebuild()).toMatchObject({ equal: true });
  });

  it("is there; the same again records nothing; no more than 25 are pinned at once", () => {
    const { store } = filled();
    for (const id of ["D-99", "ev_1", "ev_999999", "ev_x", ""])
      expect(pinRecord(store, { id, pinned: true })).toMatchObject({ ok: false, error: { code: "UNKNOWN_RECORD" } });
    for (let index = 0; index < 25; index++) pinRecord(store, { id: `D-${index}`, pinned: true });
    const count = store.events({}).length;
    expect(pinRecord(store, { id: "D-3", pinned: true })).toMatchObject({ ok: true });
    expect(pinRecord(store, { id: "D-30", pinned: false })).toMatchObject({ ok: true });
    expect(pinRecord(store, { id: "D-30", pinned: true })).toMatchObject({
      ok: false,
      error: { code: "TOO_MANY_PINS" },
    });
    expect(store.events({})).toHaveLength(count);
  });
});
