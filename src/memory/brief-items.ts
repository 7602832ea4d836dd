import type { TaskRow } from "../store/cycle-rows.js";
import type { RelevantDecision, RelevantFix } from "../store/memory-rows.js";
import type { StoreReader } from "../store/reader.js";
import { lessonItems, noteItems } from "./brief-lessons.js";
import { cite, type ItemContext, overlapOf, scoreOf, UNVERIFIED } from "./brief-relevance.js";
import { describeOutcomes } from "./similar-issues.js";
import { oneLine } from "./text.js";
import { searchTerms } from "./words.js";

/** Candidates of each kind. */
const MAX_CANDIDATES = 25;
/** Characters of an item told in full. */
const MAX_FULL_CHARS = 600;

/** Decisions that never stood or no longer do. */
const FALLEN: ReadonlySet<string | null | undefined> = new Set(["rejected", "deprecated"]);

/** Kinds of items, in the order they are told. */
export const ITEM_KINDS = ["decision", "fix", "lesson", "note", "file", "done"] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

/** Something worth knowing, in three lengths. `score` grows with relevance. */
export interface BriefItem {
  kind: ItemKind;
  id: string;
  full: string;
  line: string;
  score: number;
}

/** Decisions, known fixes, lessons, notes, files and completed tasks with their relevance to the task to resume. */
export function gatherItems(store: StoreReader, cycle: number, task: TaskRow | undefined): BriefItem[] {
  const newest = store.queries.newestStamp();
  const now = newest === null ? 0 : Date.parse(newest.slice(0, 24));
  const files = new Set(task?.files);
  const context: ItemContext = {
    store,
    cycle,
    task,
    neighbours: new Set(task?.needs),
    files,
    now,
    pins: new Set(store.queries.pins()),
  };
  const records = [...decisionItems(context), ...fixItems(context), ...lessonItems(context), ...noteItems(context)];
  return [...records, ...fileItems(context), ...doneItems(context)];
}

function termsOf({ task }: ItemContext): string[] {
  return task === undefined ? [] : searchTerms(`${task.title} ${task.feedback ?? ""} ${task.reason ?? ""}`);
}

function decisionItems(context: ItemContext): BriefItem[] {
  const { cycle, task, store } = context;
  const of = { terms: termsOf(context), cycle, task: task?.id ?? null, limit: MAX_CANDIDATES };
  const rows = store.queries.relevantDecisions(of).filter(({ status }) => !FALLEN.has(status));
  const changes = store.queries.lastChanges(rows.flatMap(({ paths }) => paths ?? []));
  return rows.map((row) => {
    const stale = row.paths?.some((path) => (changes.get(path) ?? 0) > row.seq) ?? false;
    return decisionItem(context, row, stale);
  });
}

function decisionItem(context: ItemContext, row: RelevantDecision, stale: boolean): BriefItem {
  const { id, question, decision, rationale, paths, status, task, words, hlc } = row;
  const source = cite(id, status === "proposed" && "only proposed", stale && UNVERIFIED);
  const line = `${oneLine(question)}: ${oneLine(decision)} ${source}`;
  const full = `${oneLine(question)}: ${oneLine(decision)}. ${oneLine(rationale, MAX_FULL_CHARS)} ${source}`;
  const pinned = context.pins.has(id);
  const score = scoreOf(context, { fileOverlap: overlapOf(context, paths ?? []), task, words, hlc, pinned });
  return { kind: "decision", id, full: rationale === "" ? line : full, line, score };
}

function fixItems(context: ItemContext): BriefItem[] {
  const rows = context.store.queries.relevantFixes({ terms: termsOf(context), limit: MAX_CANDIDATES });
  return rows.map((row) => fixItem(context, row));
}

/** A fix whose file changed after it was noted may no longer be true, and says so. */
function fixItem(context: ItemContext, row: RelevantFix): BriefItem {
  const { id, error, solution, file, task, words, hlc } = row;
  const source = cite(id, describeOutcomes(row), row.stale === 1 && UNVERIFIED);
  const line = `${oneLine(error)}: ${oneLine(solution.fix)} ${source}`;
  const cause = solution.root_cause === "" ? "" : `. ${oneLine(solution.root_cause, MAX_FULL_CHARS)}`;
  const full = `${oneLine(error)}: ${oneLine(solution.fix, MAX_FULL_CHARS)}${cause} ${source}`;
  const fileOverlap = file === null ? 0 : overlapOf(context, [file]);
  const pinned = context.pins.has(id);
  return { kind: "fix", id, full, line, score: scoreOf(context, { fileOverlap, task, words, hlc, pinned }) };
}

function fileItems(context: ItemContext): BriefItem[] {
  return context.store.queries.filesKept(context.cycle, MAX_CANDIDATES).map(({ path, kind, task, seq, hlc }) => {
    const line = `${path} [ev_${seq}]`;
    const full = `${path}, ${kind} by ${task ?? "no task"} [ev_${seq}]`;
    const score = scoreOf(context, { fileOverlap: overlapOf(context, [path]), task, words: 0, hlc });
    return { kind: "file", id: path, full, line, score };
  });
}

function doneItems(context: ItemContext): BriefItem[] {
  const rows = context.store.queries.tasksEndedAfter(context.cycle, "", MAX_CANDIDATES);
  return rows.map(({ id, title, summary, changed, ended_hlc }) => {
    const line = `${id} (${oneLine(title)})`;
    const full = summary === null || summary === "" ? line : `${line}: ${oneLine(summary, MAX_FULL_CHARS)}`;
    const score = scoreOf(context, {
      fileOverlap: overlapOf(context, changed),
      task: id,
      words: 0,
      hlc: ended_hlc ?? "",
    });
    return { kind: "done", id, full, line, score };
  });
}
