import { BRIEF_TOKENS } from "../kernel/bounds.js";
import type { TaskRow } from "../store/cycle-rows.js";
import type { IssueRow } from "../store/memory-rows.js";
import type { Store } from "../store/store.js";
import type { BriefSection } from "./brief.js";
import { gatherItems } from "./brief-items.js";
import { packItems } from "./brief-packing.js";
import { normaliseError } from "./fingerprint.js";
import { describeOutcomes, successOf } from "./similar-issues.js";
import { oneLine } from "./text.js";
import { searchTerms } from "./words.js";

/** Resolved issues an error is compared with, last seen first. */
const MAX_COMPARED = 200;
/** Last lines of a text whose words are searched for, and hits of each. */
const [MAX_LINES_SOUGHT, MAX_FOUND] = [12, 20];
/** Fixes offered for one text. */
const MAX_FIXES = 3;
/** A normalised error shorter than this says too little to be recognised inside a longer text. */
const MIN_ERROR_CHARS = 12;
/** Where an error was seen, before its message: `q.c:<pos>: `. */
const PLACE = /^(?:\S*:<pos>:?\s*)+/;
/** Characters of a text that are searched for known errors. */
const MAX_SEARCHED_CHARS = 16_000;
/** Characters of a fix told in full. */
const MAX_FIX_CHARS = 600;

/**
 * Fixes known for errors that a text contains, whatever path, line or session they were seen in
 * (S3:434): one line each, citing its record. A fix whose file changed since is marked unverified.
 */
export function knownFixes(store: Store, text: string): { id: string; line: string }[] {
  return knownFixRows(store, text).map(({ row, stale }) => ({ id: row.id, line: fixLine(row, stale) }));
}

/** The issues whose error a text contains and whose fix is known: those whose fix worked most often first. */
export function knownFixRows(store: Store, text: string): { row: IssueRow; stale: boolean }[] {
  if (text.trim() === "") return [];
  const lines = text.slice(-MAX_SEARCHED_CHARS).split("\n");
  const normal = lines.map(normaliseError).filter((line) => line !== "");
  const sought = normal.join(" ");
  const hits = candidates(store, lines).filter(({ error, solution }) => {
    const known = normaliseError(error).replace(PLACE, "");
    return solution !== undefined && known.length >= MIN_ERROR_CHARS && sought.includes(known);
  });
  hits.sort((a, b) => successOf(b) - successOf(a) || b.seq - a.seq);
  const changes = store.queries.lastChanges(hits.flatMap(({ file }) => file ?? []));
  return hits.slice(0, MAX_FIXES).map((row) => {
    return { row, stale: row.file !== undefined && (changes.get(row.file) ?? 0) > (row.resolved_seq ?? 0) };
  });
}

/** Issues a text may contain: the resolved ones seen last, and those that share words with its last lines. */
function candidates(store: Store, lines: readonly string[]): IssueRow[] {
  const telling = lines.filter((line) => line.trim().length >= MIN_ERROR_CHARS).slice(-MAX_LINES_SOUGHT);
  const found = telling.flatMap((line) => store.queries.searchIssueWords(searchTerms(line), MAX_FOUND));
  const rows = [...store.queries.issues(1, MAX_COMPARED), ...found];
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

/** A fix in one line: the error, what helped, its cause, and the record it comes from. */
export function fixLine(row: IssueRow, stale: boolean): string {
  const { id, error, solution } = row;
  const outcomes = describeOutcomes(row);
  const doubt = `${outcomes === false ? "" : `, ${outcomes}`}${stale ? ", unverified: the file has changed since" : ""}`;
  const cause = oneLine(solution?.root_cause ?? "", MAX_FIX_CHARS);
  const fix = oneLine(solution?.fix ?? "", MAX_FIX_CHARS);
  return `${oneLine(error)}: ${fix}${cause === "" ? "" : `. Cause: ${cause}`} [${id}${doubt}]`;
}

/**
 * Decisions, known fixes and completed work that bear on one task, by the relevance the brief uses, within
 * a token budget. `except`: records told already.
 */
export function taskMemory(
  store: Store,
  task: TaskRow,
  { except = [], tokens = BRIEF_TOKENS }: { except?: readonly string[]; tokens?: number } = {},
): BriefSection[] {
  const items = gatherItems(store, task.cycle, task);
  const told = items.filter(({ kind, id }) => kind !== "file" && id !== task.id && !except.includes(id));
  return packItems(told, tokens, tokens);
}
