import { basename, dirname } from "node:path";
import type { CycleRow, TaskRow } from "../store/cycle-rows.js";
import type { StoreReader } from "../store/reader.js";
import { type Choice, findOpenWork, type OpenWork, taskToResume } from "./actions.js";
import { OUTSIDE_CYCLES } from "./outside-cycles.js";

/** How far back "last session" reaches for work outside cycles, which has no sessions (milliseconds). */
const DAY_MS = 24 * 60 * 60_000;

/** What a brief is about: a cycle, one task, or one agent's or person's tasks; the newest incomplete cycle by default. */
export interface BriefSubject {
  cycle?: number;
  task?: string;
  /** Id of an agent or a person. */
  agent?: string;
}

/** What is known of a cycle, or of the work outside cycles, that a brief starts from. */
export type CycleHead = Pick<CycleRow, "number" | "title" | "started_seq" | "started_hlc">;

/** A cycle (0: outside cycles), the task to resume in it, and the tasks that count. */
export interface BriefScope {
  readonly head: CycleHead;
  readonly work: OpenWork;
  readonly task: TaskRow | undefined;
  readonly chosen: Choice;
}

/** What a brief tells about; undefined when there is nothing to continue, or no such task. */
export function findScope(store: StoreReader, subject: BriefSubject): BriefScope | undefined {
  const head = headOf(store, subject);
  if (head === undefined) return undefined;
  const { task, agent } = subject;
  const chosen: Choice = (row) =>
    (task ?? row.id) === row.id && (agent ?? row.agent ?? row.owner) === (row.agent ?? row.owner);
  const named = task === undefined ? undefined : store.queries.task(head.number, task);
  const work = findOpenWork(store, head.number);
  return { head, work, task: named ?? taskToResume(store, work, chosen), chosen };
}

function headOf(store: StoreReader, { cycle, task }: BriefSubject): CycleHead | undefined {
  if (cycle !== undefined) return cycle === OUTSIDE_CYCLES ? outside(store) : store.queries.cycle(cycle);
  if (task !== undefined) return headOfTask(store, task);
  return store.queries.latestIncompleteCycle() ?? (hasOwnWork(store) ? outside(store) : undefined);
}

function headOfTask(store: StoreReader, task: string): CycleHead | undefined {
  const open = store.queries.latestIncompleteCycle();
  if (open !== undefined && store.queries.task(open.number, task) !== undefined) return open;
  return store.queries.task(OUTSIDE_CYCLES, task) === undefined ? undefined : outside(store);
}

/** Tasks of people and agents that are not done; or, where no plan ever ran, anything they want remembered. */
function hasOwnWork({ queries }: StoreReader): boolean {
  const open = queries.tasksIn(OUTSIDE_CYCLES, ["IN_PROGRESS", "PENDING", "READY", "BLOCKED", "REJECTED"], 1);
  if (open.length > 0) return true;
  const kept = [queries.notes(1), queries.decisions(null, 1), queries.issues(null, 1)];
  return queries.maxCycle() === 0 && kept.some((rows) => rows.length > 0);
}

/** The work outside cycles, under the repository's name; its last session is the last day something happened. */
function outside(store: StoreReader): CycleHead {
  const newest = store.queries.newestStamp();
  const endedMs = newest === null ? 0 : Date.parse(newest.slice(0, 24));
  const started_hlc = new Date(Math.max(0, endedMs - DAY_MS)).toISOString();
  const title = basename(dirname(dirname(store.path)));
  return { number: OUTSIDE_CYCLES, title, started_seq: store.queries.seqAt(started_hlc), started_hlc };
}
