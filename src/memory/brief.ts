import { BRIEF_TOKENS } from "../kernel/bounds.js";
import type { CycleRow, TaskRow } from "../store/cycle-rows.js";
import type { Store } from "../store/store.js";
import { nextActions, nextStepOf, taskToResume } from "./actions.js";
import { type Blocker, listBlockers } from "./blockers.js";
import { gatherItems } from "./brief-items.js";
import { packItems } from "./brief-packing.js";
import { estimateTokens, joinWords, oneLine } from "./text.js";

/** Lines of a part that is never dropped; the rest is counted. */
const MAX_LINES = 10;
/** Things named in the resume line. */
const MAX_NAMED = 5;
/** Files looked at for what the last session left. */
const MAX_FILES = 200;

/** A part of the brief: a heading and its lines, each citing the record it comes from. */
export interface BriefSection {
  heading: string;
  lines: string[];
}

/** What a session needs to go on where the last one stopped (S3:447-465). */
export interface Brief {
  cycle: number;
  /** Task to resume, or null when none is left. */
  task: string | null;
  /** The paragraph in the sources' words. */
  resume: string;
  sections: BriefSection[];
  /** Estimate for the whole text. */
  tokens: number;
}

/**
 * The brief of a cycle: the newest incomplete one unless named; undefined when there is none. A pure
 * fold of the store: same store, same bytes. Ask for it before recording the new session, as "last
 * session" is the newest one recorded. The first four parts are always there, whatever the budget.
 */
export function projectBrief(store: Store, options: { cycle?: number; budgetTokens?: number } = {}): Brief | undefined {
  const { queries } = store;
  const row = options.cycle === undefined ? queries.latestIncompleteCycle() : queries.cycle(options.cycle);
  if (row === undefined) return undefined;
  const task = taskToResume(store, row.number);
  const blockers = listBlockers(store, row.number);
  const resume = resumeLine(store, { row, task, blockers });
  const always = [unknownSection(store, row.number), blockerSection(blockers), actionSection(store, row.number)];
  const sections = always.filter(({ lines }) => lines.length > 0);
  const used = estimateTokens(renderParts(resume, sections));
  const left = (options.budgetTokens ?? BRIEF_TOKENS) - used;
  sections.push(...packItems(gatherItems(store, row.number, task), left, options.budgetTokens ?? BRIEF_TOKENS));
  const tokens = estimateTokens(renderParts(resume, sections));
  return { cycle: row.number, task: task?.id ?? null, resume, sections, tokens };
}

/** The brief as text, ending in a line break. */
export function renderBrief(brief: Brief): string {
  return renderParts(brief.resume, brief.sections);
}

function renderParts(resume: string, sections: readonly BriefSection[]): string {
  const parts = sections.map(({ heading, lines }) => `\n${heading}:\n${lines.map((line) => `- ${line}\n`).join("")}`);
  return `${resume}\n${parts.join("")}`;
}

interface Standing {
  row: CycleRow;
  task: TaskRow | undefined;
  blockers: readonly Blocker[];
}

/** In the sources' words, exactly: "Resuming … Last session completed … Next: … No blockers. Starting now...". */
function resumeLine(store: Store, { row, task, blockers }: Standing): string {
  const name = task === undefined ? `cycle ${row.number}` : task.id;
  const title = oneLine(task?.title ?? row.title);
  const done = joinWords(named(completedItems(store, row, task)));
  const next = task === undefined ? (nextActions(store, row.number)[0] ?? "") : nextStepOf(store, task);
  const held = blockers.map(({ text }) => oneLine(text));
  const hold = held.length === 0 ? "No blockers." : `Blockers: ${named(held).join("; ")}.`;
  return `Resuming ${name} (${title}). Last session completed ${done}. Next: ${next}. ${hold} Starting now...`;
}

function named(items: readonly string[]): string[] {
  if (items.length <= MAX_NAMED) return [...items];
  return [...items.slice(0, MAX_NAMED), `${items.length - MAX_NAMED} more`];
}

/** What the newest session finished: tasks, then steps and files of the task to resume. */
function completedItems(store: Store, row: CycleRow, task: TaskRow | undefined): string[] {
  const session = store.queries.lastSession(row.number);
  const since = session?.seq ?? row.started_seq;
  const ended = store.queries.tasksEndedAfter(row.number, session?.hlc ?? row.started_hlc, MAX_FILES);
  const tasks = ended.map(({ id, title }) => `${id} (${oneLine(title)})`).reverse();
  const steps = task === undefined ? [] : store.queries.steps(row.number, task.id);
  const done = steps.filter(({ status, seq }) => status === "done" && seq > since).map(({ step }) => step);
  const files = store.queries.filesKept(row.number, MAX_FILES);
  const kept = files.filter((file) => file.task === task?.id && file.seq > since).map(({ path }) => path);
  const items = [...tasks, ...done, ...kept.reverse()];
  return items.length === 0 ? ["nothing"] : items;
}

function section(heading: string, lines: readonly string[], command: string): BriefSection {
  if (lines.length <= MAX_LINES) return { heading, lines: [...lines] };
  const more = `+${lines.length - MAX_LINES} more: \`${command}\``;
  return { heading, lines: [...lines.slice(0, MAX_LINES), more] };
}

function unknownSection(store: Store, cycle: number): BriefSection {
  const calls = store.queries.unknownCalls(cycle).map(({ call_id, tool, object, effect }) => {
    return `${oneLine(`${tool ?? "call"} ${object ?? ""}`)} (${effect ?? "no effect recorded"}) [${call_id}]`;
  });
  return section("Calls of unknown outcome", calls, "worknode trace");
}

function blockerSection(blockers: readonly Blocker[]): BriefSection {
  return section(
    "Blockers and pending gates",
    blockers.map(({ id, text }) => `${oneLine(text, 300)} [${id}]`),
    "worknode status",
  );
}

function actionSection(store: Store, cycle: number): BriefSection {
  return section("Next actions", nextActions(store, cycle), "worknode status");
}
