import { userInfo } from "node:os";
import { refPart } from "../../effect/workspace/branch.js";
import { Fault, invalid } from "../../kernel/fault.js";
import type { CycleRow } from "../../store/cycle-rows.js";
import { holderOf, isHolderAlive } from "../../store/lease.js";
import { assembleCrew } from "../cycle/assemble.js";
import { canConfine, type Project, requireSandbox } from "../cycle/project.js";
import { type SessionOptions } from "../cycle/session.js";
import type { Crew } from "../state/context.js";
import { parsePlan } from "../state/plan-source.js";
import { cycleStream } from "../state/records.js";
import { RunStop } from "../state/stop.js";

/** Branch on which a cycle's work is joined with the user's. */
export function landingBranch({ plan_id, number }: Pick<CycleRow, "plan_id" | "number">): string {
  return `worknode-land/${refPart(plan_id)}/${number}`;
}

/**
 * Gives `work` a crew without a model on a cycle nobody else is working on; its branch is that of the landing.
 * Throws Fault CYCLE_BUSY, NO_SANDBOX (exit 2), STOPPED (exit 130) when interrupted or killed.
 */
export async function openLanding<T>(
  project: Project,
  row: CycleRow,
  options: Pick<SessionOptions, "env" | "signal">,
  work: (crew: Crew) => Promise<T>,
): Promise<T> {
  const { store } = project;
  const started = store.events({ stream: cycleStream(row.number), type: "CYCLE_STARTED", limit: 1 })[0];
  if (started?.type !== "CYCLE_STARTED") throw new Fault("CYCLE_BROKEN", `cycle ${row.number} has no start in the log`);
  const source = parsePlan(started.payload.plan_source, started.payload.plan_path);
  await requireSandbox(project.repository, source, options);
  const confines = await canConfine(project.repository, options.env);
  const key = `cycle:${row.number}`;
  const lease = store.lease.acquire(key, holderOf(process.pid, userInfo().username), isHolderAlive);
  if (!lease.ok)
    throw invalid(
      "CYCLE_BUSY",
      `cycle ${row.number} is being run by process ${lease.error.pid} (${lease.error.owner}).`,
    );
  try {
    const given = { source, cycle: row.number, inputs: row.inputs, client: undefined, mode: "enforced" } as const;
    const crew = assembleCrew(project, { ...given, ...options, confines });
    return await work({ ...crew, branch: landingBranch(row) });
  } catch (thrown) {
    if (thrown instanceof RunStop) throw new Fault("STOPPED", thrown.message, { exitCode: thrown.exitCode });
    throw thrown;
  } finally {
    store.lease.release(key, lease.value.fence);
  }
}
