import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { sha256Hex } from "../../kernel/canonical.js";
import { type Fault, invalid } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { findOpenWork } from "../../memory/actions.js";
import { OUTSIDE_CYCLES } from "../../memory/outside-cycles.js";
import type { TaskRow } from "../../store/cycle-rows.js";
import { holderOf, isHolderAlive } from "../../store/lease.js";
import { openCycle } from "../cycle/opening.js";
import type { Project } from "../cycle/project.js";
import type { RunOptions } from "../cycle/session.js";
import { standingCrew } from "../service/tool-call.js";
import { type Crew, taskOf } from "../state/context.js";
import { type PlanSource, parsePlan } from "../state/plan-source.js";
import { cycleStream, taskStream } from "../state/records.js";
import { loadTaskState } from "../state/task-state.js";
import { startTask, stepsOf } from "../task/task-run.js";
import { CLIENT } from "./checkout-place.js";
import { askAbout, runOf } from "./completion.js";
import type { HookPlace } from "./place.js";
import { taskPlace } from "./task-place.js";

/** Blocked tasks looked at for an answer. */
const MAX_BLOCKED = 200;
/** Approvals looked back at for a plan nobody has run yet, newest first. */
const MAX_APPROVALS = 100;

/** A cycle's open task in the client's hands, or a task outside plans; undefined where it has claimed none. */
export function currentClaim({ store }: Project): TaskRow | undefined {
  return store.queries.claimOf(CLIENT, OUTSIDE_CYCLES);
}

/** Opens a cycle of the newest approved plan that was never started; undefined where there is none. */
export function openApproved(project: Project): number | undefined {
  const { store } = project;
  const started = new Set(store.queries.cycles(Number.MAX_SAFE_INTEGER).map(({ plan_hash: hash }) => hash));
  for (const event of store.events({ type: "PLAN_APPROVED", reverse: true, limit: MAX_APPROVALS })) {
    if (event.type !== "PLAN_APPROVED" || started.has(event.payload.plan_hash)) continue;
    const source = asApproved(event.payload);
    if (source === undefined) continue;
    const inputs = Object.fromEntries(Object.entries(source.plan.inputs).map(([name, spec]) => [name, spec.default]));
    return openCycle(project, source, { inputs, openedBy: "tool", mode: "enforced", includeWip: false });
  }
  return undefined;
}

/** The plan's file where it still is what was approved. */
function asApproved({ path, plan_hash: hash }: { path: string; plan_hash: string }): PlanSource | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8");
  return sha256Hex(text) === hash ? parsePlan(text, path) : undefined;
}

/** A cycle held by this process alone, with its crew, until it is left. */
export interface HeldCycle {
  readonly crew: Crew;
  leave(): void;
}

/** Takes a cycle's lease and puts its crew together. Throws Fault CYCLE_BUSY (exit 2) while somebody else runs it. */
export async function holdCycle(
  project: Project,
  number: number,
  options: Pick<RunOptions, "signal" | "env">,
): Promise<HeldCycle> {
  const { store } = project;
  const name = `cycle:${number}`;
  const lease = store.lease.acquire(name, holderOf(process.pid, userInfo().username), isHolderAlive);
  if (!lease.ok) {
    const { pid, owner } = lease.error;
    throw invalid("CYCLE_BUSY", `cycle ${number} is being run by process ${pid} (${owner}). Its agents do its tasks.`);
  }
  const leave = (): void => void store.lease.release(name, lease.value.fence);
  try {
    return { crew: await crewOf(project, number, options), leave };
  } catch (thrown) {
    leave();
    throw thrown;
  }
}

async function crewOf(project: Project, number: number, options: Pick<RunOptions, "signal" | "env">): Promise<Crew> {
  const { store } = project;
  const row = store.queries.cycle(number);
  const started = store.events({ stream: cycleStream(number), type: "CYCLE_STARTED" })[0];
  if (row === undefined || started?.type !== "CYCLE_STARTED")
    throw invalid("CYCLE_BROKEN", `cycle ${number} has no start in the log.`);
  const source = parsePlan(started.payload.plan_source, started.payload.plan_path);
  const base = { source, cycle: number, inputs: row.inputs, mode: "enforced" } as const;
  return await standingCrew(project, base, options);
}

/** Puts the next task of a cycle in the client's hands. The error says why none can start. */
export async function takeNext(crew: Crew): Promise<Result<HookPlace, Fault>> {
  await takeAnswers(crew);
  const { startable, underWay } = findOpenWork(crew.store, crew.cycle);
  const open = [...underWay.filter(({ status }) => status !== "VERIFIED"), ...startable];
  const next = open.find(({ id, status }) => isForClient(crew, id) && !(status === "REJECTED" && isGivenUp(crew, id)));
  if (next === undefined)
    return err(
      invalid("NO_TASK", `Cycle ${crew.cycle} has no task a client can start; \`worknode continue\` goes on.`),
    );
  const place = await taskPlace(crew, next.id);
  await startTask(crew, runOf(place), CLIENT);
  return ok(place);
}

/** Tasks a client handed to people go on, or end, as they have answered. */
async function takeAnswers(crew: Crew): Promise<void> {
  for (const { id, agent } of crew.store.queries.tasksIn(crew.cycle, ["BLOCKED"], MAX_BLOCKED)) {
    if (agent !== CLIENT) continue;
    const state = loadTaskState(crew.store, crew.cycle, id);
    const open = [...state.open.values()].at(-1);
    if (open?.to === "human") await askAbout(crew, { task: taskOf(crew, id).task, state }, open.reason);
  }
}

/** Whether a person, asked about a task last, turned it down. */
function isGivenUp(crew: Crew, id: string): boolean {
  const last = crew.store.events({ stream: taskStream(crew.cycle, id), type: "ESCALATION_RESOLVED" }).at(-1);
  return last?.type === "ESCALATION_RESOLVED" && last.payload.by === "person" && last.payload.action === "block";
}

/** A client does what one agent does in one step; conditions, gates and several steps are a run's. */
export function isForClient(crew: Crew, id: string): boolean {
  const { task, phase } = taskOf(crew, id);
  const steps = stepsOf(task);
  const plain = task.if === undefined && task.action === undefined && task.decides.length === 0;
  const alone = steps.length === 1 && steps[0]?.kind === "agent";
  return plain && alone && task.files.write.length > 0 && crew.activePhases.has(phase);
}
