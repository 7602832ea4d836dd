import type { AnyNewEvent } from "../schema/event.js";
import type { Solution } from "../schema/memory.js";
import { toRecordText } from "../schema/record-text.js";
import type { FailureRow, IssueRow } from "../store/memory-rows.js";
import type { Store } from "../store/store.js";
import { findErrorLine } from "./error-line.js";
import { checkIssue } from "./issues.js";
import { type Author, newEvent } from "./record.js";
import { fixLine, knownFixRows } from "./task-memory.js";

/** Type of an issue that a failing command opens. */
const COMMAND_FAILED = "COMMAND_FAILED";
/** Characters of a command that tell it from others. */
const MAX_COMMAND_CHARS = 2_000;
/** Files looked through for what changed in between, and those named. */
const [MAX_FILES, MAX_NAMED_FILES] = [1_000, 20];
/** Edits looked at, and characters of them kept as the patch. */
const [MAX_EDITS, MAX_PATCH_CHARS] = [200, 4_000];

/** A command that ended, of an agent or of the plan. `exitCode` is null when it was stopped. */
export interface EndedCommand {
  command: string;
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** What there is to record of a command's end, and what its caller should be told. */
export interface Lesson {
  events: AnyNewEvent[];
  /** Known fixes, one line each. */
  fixes: string[];
}

const NOTHING: Lesson = { events: [], fixes: [] };

/**
 * Learns from a command's end. A failure becomes an issue by itself, or one more sighting of a known one, whose fix
 * is then told; a success closes what the same command of the same task failed with, saying what changed.
 */
export function learnFromCommand(store: Store, author: Author, ended: EndedCommand): Lesson {
  const command = toRecordText(ended.command.trim(), MAX_COMMAND_CHARS);
  if (command === "" || ended.exitCode === null) return NOTHING;
  const open = store.queries.failures(author.cycle ?? 0, author.task ?? null, command);
  if (ended.exitCode === 0) return { events: open.map((row) => recovery(store, author, { row, command })), fixes: [] };
  return failure(store, author, { ended, command, open });
}

function failure(
  store: Store,
  author: Author,
  { ended, command, open }: { ended: EndedCommand; command: string; open: readonly FailureRow[] },
): Lesson {
  const known = knownFixRows(store, `${ended.stderr}\n${ended.stdout}`);
  const [first] = known;
  if (first === undefined) return { events: newIssue(store, author, { ended, command }), fixes: [] };
  const told = open.some(({ issue, offered }) => issue.id === first.row.id && offered === 1);
  const inVain = { id: first.row.id, worked: false, by: author.actor, command };
  return {
    events: [sighting(author, first.row, command), ...(told ? [newEvent(author, "FIX_OUTCOME", inVain)] : [])],
    fixes: known.map(({ row, stale }) => fixLine(row, stale)),
  };
}

function newIssue(
  store: Store,
  author: Author,
  { ended, command }: { ended: EndedCommand; command: string },
): AnyNewEvent[] {
  const found = findErrorLine(ended);
  if (found === undefined) return [];
  const checked = checkIssue(store, { type: COMMAND_FAILED, ...found, resolved: false });
  return checked.ok ? [newEvent(author, "ISSUE_RECORDED", { ...checked.value, command })] : [];
}

/** The same error again, whose fix is told to whoever met it. */
function sighting(author: Author, row: IssueRow, command: string): AnyNewEvent {
  const { id, fingerprint, type, error, resolved } = row;
  return newEvent(author, "ISSUE_RECORDED", { id, fingerprint, type, error, resolved, command, offered: true });
}

function recovery(store: Store, author: Author, { row, command }: { row: FailureRow; command: string }): AnyNewEvent {
  const { id, solution } = row.issue;
  const by = author.actor;
  if (solution !== undefined) return newEvent(author, "FIX_OUTCOME", { id, worked: true, by, command });
  return newEvent(author, "ISSUE_RESOLVED", { id, solution: solutionOf(store, author, { row, command }), by, command });
}

/** What was different when the command succeeded: the files its task kept since, and the edits made to them. */
function solutionOf(
  store: Store,
  { cycle = 0, task = null }: Author,
  { row, command }: { row: FailureRow; command: string },
): Solution {
  const kept = store.queries.filesKept(cycle, MAX_FILES).filter((file) => file.task === task && file.seq > row.seq);
  const files = kept.map(({ path }) => path).sort();
  const named = files.length <= MAX_NAMED_FILES ? files : [...files.slice(0, MAX_NAMED_FILES), "and others"];
  const changed = files.length === 0 ? "with no file of its task changed" : `after ${named.join(", ")} changed`;
  const patch = editsOf(store, { cycle, task }, row.seq);
  return { fix: `\`${command}\` succeeded ${changed}`, root_cause: "", ...(patch === "" ? {} : { patch }) };
}

function editsOf(store: Store, at: { cycle: number; task: string | null }, afterSeq: number): string {
  if (at.task === null) return "";
  const where = { run: at.cycle, task: at.task, type: "PROPOSAL", afterSeq, limit: MAX_EDITS } as const;
  const edits = store.events(where).flatMap((event) => {
    if (event.type !== "PROPOSAL" || event.payload.what.tool !== "Edit") return [];
    if (store.queries.execution(event.payload.call_id)?.effect !== "kept") return [];
    const { file_path, old_string, new_string } = event.payload.what.args;
    return [`--- ${String(file_path)}\n-${String(old_string)}\n+${String(new_string)}`];
  });
  return toRecordText(edits.join("\n"), MAX_PATCH_CHARS);
}
