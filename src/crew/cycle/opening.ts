import { userInfo } from "node:os";
import { claimedIdentity } from "../../effect/repository/identity.js";
import { type BranchHistory, cycleBranchName, openCycleBranch } from "../../effect/workspace/branch.js";
import { Fault } from "../../kernel/fault.js";
import type { RolloutMode } from "../../schema/result.js";
import type { Runtime } from "../../schema/runtime.js";
import { stewardCall } from "../call/steward.js";
import type { Crew } from "../state/context.js";
import type { PlanSource } from "../state/plan-source.js";
import { cycleStream, eventAt } from "../state/records.js";
import type { Project } from "./project.js";

/** How a person agrees to a plan. `confirm` asks at the terminal; `via` is what stands in the record. */
export interface Consent {
  readonly yes: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly confirm?: (question: string) => Promise<boolean>;
  readonly via?: string;
}

/** An unapproved plan hash is asked for on a terminal, approved by `--yes`, else exit 6. */
export async function requireApproval(project: Project, source: PlanSource, options: Consent): Promise<void> {
  if (project.store.queries.planApproval(source.hash) !== undefined) return;
  const question = `Approve the plan ${source.plan.id} (${source.hash.slice(0, 12)}) and run it?`;
  const agreed = options.yes || (options.confirm !== undefined && (await options.confirm(question)));
  if (!agreed)
    throw new Fault(
      "NOT_APPROVED",
      `the plan ${source.path} is not approved. Read it with \`worknode plan explain\`, then \`worknode plan approve\` it, or run with --yes.`,
      { exitCode: 6 },
    );
  const by = claimedIdentity(options.env, project.repository);
  const place = { stream: "project", actor: by.os_user, run: 0, task: null };
  project.store.append([
    eventAt(place, "PLAN_APPROVED", {
      plan_hash: source.hash,
      plan_id: source.plan.id,
      path: source.path,
      by,
      via: options.via ?? (options.yes ? "--yes" : "terminal"),
    }),
  ]);
}

/** How a cycle is opened. */
export interface CycleOpening {
  inputs: Record<string, unknown>;
  openedBy: "run" | "tool";
  mode: RolloutMode | undefined;
  includeWip: boolean;
  runtime?: Runtime | undefined;
}

/** Numbers a new cycle (S4:200-214), status `planning`. */
export function openCycle(project: Project, source: PlanSource, opening: CycleOpening): number {
  const { plan } = source;
  return project.store.transaction(() => {
    const cycle = project.store.queries.maxCycle() + 1;
    const place = { stream: cycleStream(cycle), actor: userInfo().username, run: cycle, task: null };
    project.store.append([
      eventAt(place, "CYCLE_STARTED", {
        cycle,
        plan_id: plan.id,
        plan_hash: source.hash,
        plan_path: source.path,
        plan_source: source.text,
        title: plan.title,
        instruction: plan.title,
        branch: cycleBranchName(plan.id, cycle),
        base_commit: project.repository.head,
        opened_by: opening.openedBy,
        inputs: opening.inputs,
        ...(opening.includeWip ? { include_wip: true } : {}),
        ...(opening.mode === undefined ? {} : { mode: opening.mode }),
        ...(opening.runtime === undefined ? {} : { runtime: opening.runtime }),
        tasks: plan.phases.flatMap((phase) =>
          phase.tasks.map(({ id, title, owner, estimate, needs, files }) => ({
            id,
            title,
            phase: phase.id,
            owner,
            estimate,
            needs,
            files: files.write,
          })),
        ),
      }),
      eventAt(place, "CYCLE_STATUS", { cycle, status: "planning" }),
    ]);
    return cycle;
  });
}

const OPEN = "cycle.open";

/** The cycle's branch, made once; a resumed cycle finds it as it is. Throws Fault BRANCH_EXISTS (exit 2). */
export async function openBranch(crew: Crew): Promise<void> {
  const { base_commit: base, include_wip: includeWip = false } = startOfCycle(crew);
  const args = { plan_id: crew.plan.id, cycle: crew.cycle, include_wip: includeWip };
  await stewardCall(crew, { tool: OPEN, task: null, args }, async ({ permit, call }) => {
    const history = () => branchHistory(crew, { base, but: call.callId });
    const repository = includeWip ? crew.repository : { ...crew.repository, head: base };
    const value = await openCycleBranch(permit, repository, call, history);
    return { value, said: `${value.branch} at ${value.head}` };
  });
}

function startOfCycle({ store, cycle }: Crew) {
  const started = store.events({ stream: cycleStream(cycle), run: cycle, type: "CYCLE_STARTED", limit: 1 })[0];
  if (started?.type !== "CYCLE_STARTED") throw new Fault("CYCLE_BROKEN", `cycle ${cycle} has no start in the log`);
  return started.payload;
}

/** What earlier calls did about the branch: a call of this moment has no result yet. */
function branchHistory({ store, cycle }: Crew, { base, but }: { base: string; but: string }): BranchHistory {
  const isOpen = store
    .events({ stream: cycleStream(cycle), run: cycle, type: "TOOL_RESULT" })
    .some(({ type, payload }) => type === "TOOL_RESULT" && isOpening(payload.call_id, cycle) && !payload.is_error);
  if (isOpen) return "opened";
  const unknown = store.queries.unknownCalls(cycle).filter(({ call_id: id }) => id !== but && isOpening(id, cycle));
  return unknown.length > 0 ? { interruptedAt: base } : undefined;
}

function isOpening(callId: string, cycle: number): boolean {
  return callId.startsWith(`${cycle}:-:${OPEN}:`);
}
