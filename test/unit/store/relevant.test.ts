import { describe, expect, it } from "vitest";
import { createDecision } from "../../../src/memory/decisions.js";
import { createIssue } from "../../../src/memory/issues.js";
import { openReader } from "../../../src/store/reader.js";
import type { Store } from "../../../src/store/store.js";
import { effectKept, event, temporaryStore } from "./sample-events.js";

const ODD = 'Which "quote"\\\n\tor\u0001 é 队列 \u2028?';

function decide(store: Store, id: string, more: { question?: string; task?: string; supersedes?: string } = {}): void {
  const { question = "Which part?", task, supersedes } = more;
  const words = { question, decision: "This", rationale: "So.", alternatives_rejected: [], made_by: "a" };
  const record = { id, ...words, timestamp: 1, confidence: 0.1, ...(supersedes === undefined ? {} : { supersedes }) };
  const author = task === undefined ? undefined : { actor: "a", cycle: 1, task };
  expect(createDecision(store, record, author)).toMatchObject({ ok: true });
}

const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id).toSorted();

describe("decisions that matter to a task", () => {
  it("are those with its words, its own and the newest, each once and none that is replaced", () => {
    const store = temporaryStore();
    decide(store, "FOUND", { question: "Which zeppelin?" });
    decide(store, "FOUND-TWICE", { question: "A second zeppelin, zeppelin?", task: "T-1" });
    decide(store, "OWN", { task: "T-1" });
    decide(store, "OF-ANOTHER", { task: "T-2" });
    decide(store, "REPLACED", { question: "Which zeppelin then?", task: "T-1" });
    decide(store, "NEW-1", { supersedes: "REPLACED" });
    decide(store, "NEW-2");
    const rows = store.queries.relevantDecisions({ terms: ['"zeppelin"'], cycle: 1, task: "T-1", limit: 2 });
    expect(idsOf(rows)).toEqual(["FOUND", "FOUND-TWICE", "NEW-1", "NEW-2", "OWN"]);
    const of = { terms: ['"zeppelin"'], cycle: 1, task: null, limit: 3 };
    const found = store.queries.relevantDecisions(of).filter(({ words }) => words > 0);
    expect(idsOf(found)).toEqual(["FOUND", "FOUND-TWICE"]);
    expect(found.every(({ words }) => words <= 1)).toBe(true);
    expect(idsOf(store.queries.relevantDecisions({ ...of, terms: [] }))).toEqual(["NEW-1", "NEW-2", "OF-ANOTHER"]);
  });

  it("have their texts, files and state as recorded, whatever letters they hold", () => {
    const store = temporaryStore();
    const words = { question: ODD, decision: ODD, rationale: "", alternatives_rejected: [], made_by: "a" };
    const record = { id: "D-1", ...words, timestamp: 1, confidence: 0.1, paths: ["a b.c", 'q".c'] };
    createDecision(store, { ...record, status: "proposed" as const });
    decide(store, "D-2");
    const [first, second] = store.queries.relevantDecisions({ terms: [], cycle: 1, task: null, limit: 9 });
    const { id, question, decision, rationale, paths } = record;
    expect(first).toMatchObject({ id, question, decision, rationale, paths, status: "proposed", task: null, words: 0 });
    expect(second).toMatchObject({ id: "D-2", paths: null, status: null });
  });
});

describe("fixes that matter to a task", () => {
  const solution = { fix: ODD, root_cause: "" };
  const note = (store: Store, error: string, more: { file?: string; solved?: boolean } = {}) => {
    const { file, solved = true } = more;
    const known = { ...(file === undefined ? {} : { file }), ...(solved ? { solution } : {}) };
    createIssue(store, { type: "E", error, ...known, resolved: solved });
  };

  it("are those with its words and the latest, each once and none without a fix", () => {
    const store = temporaryStore();
    for (const error of ["zeppelin down", "one", "two"]) note(store, error);
    note(store, "another zeppelin down", { solved: false });
    const rows = store.queries.relevantFixes({ terms: ['"zeppelin"'], limit: 2 });
    expect(rows.map(({ error }) => error).toSorted()).toEqual(["one", "two", "zeppelin down"]);
    expect(rows[0]).toMatchObject({ solution, file: null, applied: 0, worked: 0, stale: 0 });
  });

  it("are stale where their file changed afterwards", () => {
    const store = temporaryStore();
    store.append([effectKept("c:1", "T-1", "src/a.js")]);
    note(store, "one", { file: "src/a.js" });
    note(store, "two", { file: "src/b.js" });
    store.append([effectKept("c:2", "T-1", "src/b.js")]);
    const stale = store.queries.relevantFixes({ terms: [], limit: 9 }).filter((row) => row.stale === 1);
    expect(stale.map(({ error }) => error)).toEqual(["two"]);
  });
});

it("a reader's answers are of one moment, whatever is written meanwhile", () => {
  const store = temporaryStore();
  store.append([event("ALERT", { severity: "info", message: "a", to: "executive" })]);
  const reader = openReader(store.path);
  const before = reader.queries.newestStamp();
  store.append([event("ALERT", { severity: "info", message: "b", to: "executive" })]);
  expect(reader.queries.newestStamp()).toBe(before);
  expect(store.queries.newestStamp()).not.toBe(before);
  reader.close();
});
