import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { InvariantError } from "../../kernel/assert.js";
import { MAX_BATCH_TASKS } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import { asRecord } from "../conversation/chain.js";
import type { Crew } from "../state/context.js";
import { TaskFailure, type TaskRun } from "../state/task-status.js";
import { leastCoverage } from "./coverage-rule.js";
import { MAX_ADOPTIONS, mergeAlone } from "./merge.js";
import { mergeBatch } from "./merge-batch.js";
import { completeMerged } from "./merged-task.js";
import { waiversFor } from "./rules.js";

/** What a merge answers: the worktree in which the task has to be worked on again; nothing where it is done. */
type Merged = TaskWorkspace | undefined;

/** A task that waits to be merged, and how who waits for it is told. */
interface Waiting {
  readonly run: TaskRun;
  readonly resolve: (merged: Merged) => void;
  readonly reject: (thrown: unknown) => void;
}

/** Tasks that wait while others are being merged. */
interface Train {
  readonly waiting: Waiting[];
  moving: boolean;
}

const trains = new WeakMap<Crew, Train>();

/**
 * Puts an accepted task on the cycle's branch as one commit (ADR 16). One task or batch is merged at a time; those that
 * come meanwhile wait, and go as the next batch: laid on top of each other, verified once as a whole, and the branch moves
 * over all of them. A batch that is not green is tried again in halves, so that the task at fault ends up alone and is
 * rejected by itself; then `rework` does it again while others are merged.
 * Throws TaskFailure, RunStop, and what `rework` throws.
 */
export async function mergeWork(crew: Crew, run: TaskRun, rework: (run: TaskRun) => Promise<void>): Promise<void> {
  if (run.task.files.write.length === 0) return await completeMerged(crew, run, undefined);
  let { workspace } = run;
  for (let round = 0; round < MAX_ADOPTIONS; round += 1) {
    const rejected = await board(crew, { ...run, workspace });
    if (rejected === undefined) return;
    workspace = rejected;
    await rework({ ...run, workspace });
  }
  throw new TaskFailure(`the task was worked on again ${MAX_ADOPTIONS} times while it was merged`);
}

function board(crew: Crew, run: TaskRun): Promise<Merged> {
  const train = trains.get(crew) ?? { waiting: [], moving: false };
  trains.set(crew, train);
  return new Promise((resolve, reject) => {
    train.waiting.push({ run, resolve, reject });
    if (!train.moving) void drive(crew, train);
  });
}

/** Merges as long as tasks wait. Never throws: what goes wrong is told to who waits. */
async function drive(crew: Crew, train: Train): Promise<void> {
  train.moving = true;
  while (train.waiting.length > 0) {
    const batch = train.waiting.splice(0, MAX_BATCH_TASKS);
    await mergeAll(crew, batch).catch((thrown: unknown) => refuse(batch, thrown));
  }
  train.moving = false;
}

function refuse(batch: readonly Waiting[], thrown: unknown): void {
  for (const { reject } of batch) reject(thrown);
}

/** Merges a batch, and what is left of it in ever smaller groups; each step makes them fewer or smaller. */
async function mergeAll(crew: Crew, batch: readonly Waiting[]): Promise<void> {
  const riding = batch.filter(({ run }) => mayRide(crew, run));
  const groups = [riding, ...apart(batch.filter((each) => !riding.includes(each)))];
  for (let group = groups.shift(); group !== undefined; group = groups.shift())
    groups.unshift(...(await mergeGroup(crew, group)));
}

/** Merges a group of tasks; answers the groups that have to be merged by themselves. Throws what stops everyone. */
async function mergeGroup(crew: Crew, group: readonly Waiting[]): Promise<Waiting[][]> {
  const [only] = group;
  if (only === undefined) return [];
  if (group.length > 1) return await mergeSeveral(crew, group);
  await mergeAlone(crew, only.run).then(only.resolve, only.reject);
  return [];
}

async function mergeSeveral(crew: Crew, group: readonly Waiting[]): Promise<Waiting[][]> {
  const runs = group.map(({ run }) => run);
  const { merged, red } = await mergeBatch(crew, runs).catch((thrown: unknown) => {
    if (isOfBatch(thrown)) return { merged: new Set<string>(), red: new Set<string>() };
    throw thrown;
  });
  for (const { run, resolve } of group) if (merged.has(run.task.id)) resolve(undefined);
  const left = group.filter(({ run }) => !merged.has(run.task.id));
  const failed = left.filter(({ run }) => red.has(run.task.id));
  const half = Math.ceil(failed.length / 2);
  return [failed.slice(0, half), failed.slice(half), ...apart(left.filter((each) => !failed.includes(each)))];
}

function apart(group: readonly Waiting[]): Waiting[][] {
  return group.map((each) => [each]);
}

/**
 * Whether a fault may be of one task of a batch: it is on record as the result of the call it ended, and comes again where
 * that task is merged alone. A stop, a store that cannot be written and a broken invariant are everyone's.
 */
function isOfBatch(thrown: unknown): boolean {
  return thrown instanceof Fault && !(thrown instanceof InvariantError) && !thrown.code.startsWith("STORE_");
}

/**
 * Whether a task may be verified with others. Not where its total coverage counts only against that of its own base, or
 * where more than its own commands look at what it changed; and a rehearsal moves no branch.
 */
function mayRide(crew: Crew, { task }: TaskRun): boolean {
  if (crew.mode === "off" || crew.limits.validation.powerOfTen === "enforce") return false;
  const judged = task.verify?.coverage !== undefined && !waiversFor(crew, task.id).includes("coverage");
  return !judged || lastTotal(crew, task.id) >= leastCoverage(crew, task);
}

/** The total coverage a task was last verified with; whole where none was judged. */
function lastTotal(crew: Crew, task: string): number {
  const [last] = crew.store.events({ run: crew.cycle, task, type: "VERIFIED", reverse: true, limit: 1 });
  const total = last?.type === "VERIFIED" ? asRecord(last.payload.coverage)["total"] : undefined;
  return typeof total === "number" ? total : 1;
}
