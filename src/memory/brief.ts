import { BRIEF_TOKENS } from "../kernel/bounds.js";
import type { StoreReader } from "../store/reader.js";
import { nextActions, nextStepOf } from "./actions.js";
import { type Blocker, listBlockers } from "./blockers.js";
import { gatherItems } from "./brief-items.js";
import { packItems } from "./brief-packing.js";
import { type BriefScope, type BriefSubject, findScope } from "./brief-scope.js";
import { OUTSIDE_CYCLES } from "./outside-cycles.js";
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
 * The brief of a cycle, a task or an agent: of the newest incomplete cycle unless named, else of the work outside
 * cycles; undefined when there is nothing to continue. A pure fold of the store: same store, same bytes. Ask for it
 * before recording the new session, as "last session" is the newest one recorded. The first four parts are always
 * there, whatever the budget.
 */
export function projectBrief(
  store: StoreReader,
  options: BriefSubject & { budgetTokens?: number } = {},
): Brief | undefined {
  const scope = findScope(store, options);
  if (scope === undefined) return undefined;
  const { head, task } = scope;
  const blockers = blockersOf(store, scope, options);
  const resume = resumeLine(store, scope, blockers);
  const always = [unknownSection(store, head.number), blockerSection(blockers), actionSection(store, scope)];
  const sections = always.filter(({ lines }) => lines.length > 0);
  const budget = options.budgetTokens ?? BRIEF_TOKENS;
  const left = budget - estimateTokens(renderParts(resume, sections));
  sections.push(...packItems(gatherItems(store, head.number, task), left, budget));
  const tokens = estimateTokens(renderParts(resume, sections));
  return { cycle: head.number, task: task?.id ?? null, resume, sections, tokens };
}

/** What holds up a cycle; of one agent or task what is about its tasks or about none, and what it said itself. */
function blockersOf(store: StoreReader, { head, chosen }: BriefScope, { task, agent }: BriefSubject): Blocker[] {
  const all = listBlockers(store, head.number);
  if (task === undefined && agent === undefined) return all;
  const own = agent === undefined ? [] : (store.queries.worknode(agent)?.blockers ?? []);
  const about = ({ task: id }: Blocker): boolean => {
    const row = id === null ? undefined : store.queries.task(head.number, id);
    return row === undefined || chosen(row);
  };
  return [...all.filter(about), ...own.map((text) => ({ id: agent ?? "", task: null, text }))];
}

/** The brief as text, ending in a line break. */
export function renderBrief(brief: Brief): string {
  return renderParts(brief.resume, brief.sections);
}

function renderParts(resume: string, sections: readonly BriefSection[]): string {
  const parts = sections.map(({ heading, lines }) => `\n${heading}:\n${lines.map((line) => `- ${line}\n`).join("")}`);
  return `${resume}\n${parts.join("")}`;
}

/** In the sources' words, exactly: "Resuming … Last session completed … Next: … No blockers. Starting now...". */
function resumeLine(store: StoreReader, scope: BriefScope, blockers: readonly Blocker[]): string {
  const { head, task, work, chosen } = scope;
  const kind = head.number === OUTSIDE_CYCLES ? "the work outside plans" : `cycle ${head.number}`;
  const name = task === undefined ? kind : task.id;
  const title = oneLine(task?.title ?? head.title);
  const done = joinWords(named(completedItems(store, scope)));
  const next = task === undefined ? (nextActions(store, work, chosen)[0] ?? "") : nextStepOf(store, task);
  const held = blockers.map(({ text }) => oneLine(text));
  const hold = held.length === 0 ? "No blockers." : `Blockers: ${named(held).join("; ")}.`;
  return `Resuming ${name} (${title}). Last session completed ${done}. Next: ${next}. ${hold} Starting now...`;
}

function named(items: readonly string[]): string[] {
  if (items.length <= MAX_NAMED) return [...items];
  return [...items.slice(0, MAX_NAMED), `${items.length - MAX_NAMED} more`];
}

/** What the newest session finished: tasks, then steps and files of the task to resume. */
function completedItems(store: StoreReader, { head, task, chosen }: BriefScope): string[] {
  const session = store.queries.lastSession(head.number);
  const since = session?.seq ?? head.started_seq;
  const ended = store.queries.tasksEndedAfter(head.number, session?.hlc ?? head.started_hlc, MAX_FILES);
  const tasks = ended
    .filter(chosen)
    .map(({ id, title }) => `${id} (${oneLine(title)})`)
    .reverse();
  const steps = task === undefined ? [] : store.queries.steps(head.number, task.id);
  const done = steps.filter(({ status, seq }) => status === "done" && seq > since).map(({ step }) => step);
  const of = { cycle: head.number, afterSeq: since, limit: MAX_FILES };
  const kept = task === undefined ? [] : store.queries.filesKeptBy({ ...of, task: task.id });
  const items = [...tasks, ...done, ...kept];
  return items.length === 0 ? ["nothing"] : items;
}

function section(heading: string, lines: readonly string[], command: string): BriefSection {
  if (lines.length <= MAX_LINES) return { heading, lines: [...lines] };
  const more = `+${lines.length - MAX_LINES} more: \`${command}\``;
  return { heading, lines: [...lines.slice(0, MAX_LINES), more] };
}

function unknownSection(store: StoreReader, cycle: number): BriefSection {
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

function actionSection(store: StoreReader, { work, chosen }: BriefScope): BriefSection {
  return section("Next actions", nextActions(store, work, chosen), "worknode status");
}
