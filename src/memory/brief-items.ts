import type { TaskRow } from "../store/cycle-rows.js";
import type { DecisionRow, IssueRow } from "../store/memory-rows.js";
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
const FALLEN: ReadonlySet<string | undefined> = new Set(["rejected", "deprecated"]);

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

/** Rows found by words first, so that their rank is kept; each once. */
function distinct<Row>(rows: readonly Row[], key: (row: Row) => string): Row[] {
  const seen = new Map<string, Row>();
  for (const row of rows) if (!seen.has(key(row))) seen.set(key(row), row);
  return [...seen.values()];
}

function termsOf({ task }: ItemContext): string[] {
  return task === undefined ? [] : searchTerms(`${task.title} ${task.feedback ?? ""} ${task.reason ?? ""}`);
}

function decisionItems(context: ItemContext): BriefItem[] {
  const { queries } = context.store;
  const terms = termsOf(context);
  const current = queries.decisions(null, MAX_CANDIDATES);
  const own = context.task === undefined ? [] : queries.taskDecisions(context.cycle, context.task.id, MAX_CANDIDATES);
  const found = queries.searchDecisions({ terms, all: false, project: null, limit: MAX_CANDIDATES });
  const best = found[0]?.rank ?? 0;
  const pinned = [...context.pins].flatMap((id) => queries.decision(id) ?? []);
  const rows = distinct([...found, ...own, ...current, ...pinned], ({ record }) => record.id);
  const replaced = queries.superseded(rows.map(({ record }) => record.id));
  const changes = queries.lastChanges(rows.flatMap(({ record }) => record.paths ?? []));
  const standing = rows.filter(({ record }) => !replaced.has(record.id) && !FALLEN.has(record.status));
  return standing.map((row) => {
    const stale = row.record.paths?.some((path) => (changes.get(path) ?? 0) > row.seq) ?? false;
    return decisionItem(context, row, { best, stale });
  });
}

function decisionItem(
  context: ItemContext,
  row: DecisionRow,
  { best, stale }: { best: number; stale: boolean },
): BriefItem {
  const { id, question, decision, rationale, paths = [], status } = row.record;
  const words = best > 0 ? row.rank / best : 0;
  const source = cite(id, status === "proposed" && "only proposed", stale && UNVERIFIED);
  const line = `${oneLine(question)}: ${oneLine(decision)} ${source}`;
  const full = `${oneLine(question)}: ${oneLine(decision)}. ${oneLine(rationale, MAX_FULL_CHARS)} ${source}`;
  const { task, hlc } = row;
  const pinned = context.pins.has(id);
  const score = scoreOf(context, { fileOverlap: overlapOf(context, paths), task, words, hlc, pinned });
  return { kind: "decision", id, full: rationale === "" ? line : full, line, score };
}

function fixItems(context: ItemContext): BriefItem[] {
  const { queries } = context.store;
  const found = queries.searchIssueWords(termsOf(context), MAX_CANDIDATES);
  const best = found[0]?.rank ?? 0;
  const pinned = [...context.pins].flatMap((id) => queries.issueById(id) ?? []);
  const rows = distinct([...found, ...queries.issues(1, MAX_CANDIDATES), ...pinned], ({ id }) => id);
  const changes = queries.lastChanges(rows.flatMap(({ file }) => file ?? []));
  const isStale = ({ file = "", resolved_seq }: IssueRow): boolean => (changes.get(file) ?? 0) > (resolved_seq ?? 0);
  return rows.flatMap((row) => fixItem(context, row, { best, stale: isStale(row) }));
}

/** A fix whose file changed after it was noted may no longer be true, and says so. */
function fixItem(context: ItemContext, row: IssueRow, { best, stale }: { best: number; stale: boolean }): BriefItem[] {
  const { id, error, solution, file, task, hlc } = row;
  if (solution === undefined) return [];
  const source = cite(id, describeOutcomes(row), stale && UNVERIFIED);
  const line = `${oneLine(error)}: ${oneLine(solution.fix)} ${source}`;
  const cause = solution.root_cause === "" ? "" : `. ${oneLine(solution.root_cause, MAX_FULL_CHARS)}`;
  const full = `${oneLine(error)}: ${oneLine(solution.fix, MAX_FULL_CHARS)}${cause} ${source}`;
  const fileOverlap = file === undefined ? 0 : overlapOf(context, [file]);
  const pinned = context.pins.has(id);
  const score = scoreOf(context, { fileOverlap, task, words: best > 0 ? row.rank / best : 0, hlc, pinned });
  return [{ kind: "fix", id, full, line, score }];
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
