import { userInfo } from "node:os";
import { join } from "node:path";
import { withLock } from "../../effect/lock/file-lock.js";
import { refPart } from "../../effect/workspace/branch.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { Fault, invalid } from "../../kernel/fault.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { RolloutMode } from "../../schema/result.js";
import type { ToolReport } from "../../schema/tool-report.js";
import { callLease, holderOf, isHolderAlive } from "../../store/lease.js";
import { holdFor } from "../agent/delegation.js";
import { spawnedEvent } from "../agent/spawn.js";
import { performCall, trimInput } from "../call/call.js";
import type { CallOutcome } from "../call/call-record.js";
import { prepareDependencies } from "../call/prepare.js";
import { proposeCall } from "../call/propose.js";
import { headWorkspace, taskWorkspace } from "../call/workspaces.js";
import { asRecord } from "../conversation/chain.js";
import { conversationStream } from "../conversation/conversation.js";
import { type Assembly, assembleCrew } from "../cycle/assemble.js";
import { openBranch, openCycle, requireApproval } from "../cycle/opening.js";
import { canConfine, type Project, requireConfinement, withProject } from "../cycle/project.js";
import { modeOf, type RunOptions } from "../cycle/session.js";
import { type Crew, ownerOf, taskOf } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { phaseState } from "../state/expressions.js";
import { readPlan } from "../state/plan-source.js";
import { eventAt, type Place } from "../state/records.js";
import { RunStop } from "../state/stop.js";

/** Options of one call (issue 2, point 11). */
export interface ToolOptions extends Pick<RunOptions, "cwd" | "env" | "signal" | "yes" | "confirm" | "planPath"> {
  task: string;
  tool: string;
  input: unknown;
  dryRun: boolean;
  mode?: RolloutMode;
}

/**
 * Makes one call as a task's agent through the whole path; exit 0 when approved and kept, 3 otherwise. Throws Fault STOPPED
 * (exit 130) when interrupted or killed, for a command NO_SANDBOX (exit 2) where none can be confined, and LOCK_TIMEOUT
 * where other calls of the task take longer than MAX_LOCK_WAIT_MS.
 */
export async function callTool(options: ToolOptions): Promise<{ exitCode: number; report: ToolReport }> {
  try {
    return await callOnce(options);
  } catch (thrown) {
    if (thrown instanceof RunStop) throw new Fault("STOPPED", thrown.message, { exitCode: thrown.exitCode });
    throw thrown;
  }
}

async function callOnce(options: ToolOptions): Promise<{ exitCode: number; report: ToolReport }> {
  return await withProject(options, async (project) => {
    const source = readPlan(options.planPath, options.cwd);
    if (options.tool === "Bash") await requireConfinement(project.repository, options.env, "Bash runs a command");
    await requireApproval(project, source, options);
    const crew = await crewFor(project, source, options);
    const { task } = options;
    const owner = crew.agents.get(ownerOf(crew, taskOf(crew, task).task));
    if (owner === undefined) throw invalid("AGENT_MISSING", `the owner of ${task} is not an agent of the plan.`);
    return await inTurn(crew, task, async () => {
      const workspace =
        taskOf(crew, task).task.files.write.length === 0 ? await headWorkspace(crew) : await taskWorkspace(crew, task);
      const outcome = await callAs(crew, { options, workspace, owner: owner.id });
      return answer({ outcome, workspace, options });
    });
  });
}

/** Calls of a task are made one after another, by whatever process: each has a number, and finds the worktree settled. */
async function inTurn<T>({ repository, cycle }: Crew, task: string, work: () => Promise<T>): Promise<T> {
  return await withLock(join(repository.stateDir, "locks", `call-${cycle}-${refPart(task)}`), work, repository.clock);
}

async function crewFor(project: Project, source: ReturnType<typeof readPlan>, options: ToolOptions): Promise<Crew> {
  const inputs = Object.fromEntries(Object.entries(source.plan.inputs).map(([name, spec]) => [name, spec.default]));
  const mode = modeOf(options, source);
  // of processes that ask at once, one opens the cycle
  const cycle = project.store.transaction(() => {
    const known = project.store.queries.latestIncompleteCycle(source.plan.id);
    const mine = known !== undefined && known.plan_hash === source.hash;
    requireTask(options.task, [...tasksOf(source), ...(mine ? project.store.queries.tasks(known.number) : [])]);
    return mine ? known.number : openCycle(project, source, { inputs, openedBy: "tool", mode, includeWip: false });
  });
  return await standingCrew(project, { source, cycle, inputs, mode }, options);
}

function tasksOf({ plan }: ReturnType<typeof readPlan>): { readonly id: string }[] {
  return plan.phases.flatMap(({ tasks }) => tasks);
}

/** Reworks are tasks of the cycle, though none of the plan. */
function requireTask(task: string, known: readonly { readonly id: string }[]): void {
  const ids = [...new Set(known.map(({ id }) => id))];
  if (!ids.includes(task)) throw invalid("UNKNOWN_TASK", `the plan has no task '${task}'. It has: ${ids.join(", ")}.`);
}

/** Which cycle a crew is put together for. */
export type StandingCycle = Pick<Assembly, "source" | "cycle" | "inputs" | "mode">;

/** A crew that asks no model, ready for single calls: its branch, its dependencies, the phases that may be worked on. */
export async function standingCrew(
  project: Project,
  assembly: StandingCycle,
  { signal, env }: Pick<RunOptions, "signal" | "env">,
): Promise<Crew> {
  const confines = await canConfine(project.repository, env);
  const crew = assembleCrew(project, { ...assembly, client: undefined, signal, env, confines });
  await openBranch(crew);
  await prepareDependencies(crew);
  for (const phase of crew.plan.phases)
    if (phase.needs.every((need) => phaseState(crew, need) === "DONE")) crew.activePhases.add(phase.id);
  return crew;
}

async function callAs(
  crew: Crew,
  at: { options: ToolOptions; workspace: TaskWorkspace; owner: string },
): Promise<CallOutcome> {
  const { options, workspace, owner } = at;
  const { task } = options;
  const agent = crew.agents.get(owner);
  if (agent === undefined) throw invalid("AGENT_MISSING", `there is no agent ${owner}.`);
  const made = holdFor(crew, agent, { task: options.task, kind: "work" });
  if (!made.ok) throw new Fault(made.error.code, renderDenials([made.error]), { exitCode: 3 });
  const held = made.value;
  const conversation = `${crew.cycle}:${options.task}:tool:${crew.store.events({ task: options.task, run: crew.cycle, type: "PROPOSAL" }).length + 1}`;
  const callId = `${conversation}:1`;
  const { args, note } = trimInput(options.tool, asRecord(options.input));
  const records = {
    stream: conversationStream(conversation),
    actor: owner,
    run: crew.cycle,
    task: options.task,
    execution: callId,
  };
  const caller = {
    agent: owner,
    tier: agent.tier,
    task: options.task,
    phase: taskOf(crew, options.task).phase,
    cycle: crew.cycle,
    source: "worknode tool",
  };
  return await whileActive(
    crew,
    records,
    spawnedEvent(crew, records, { agent, task, minted: held.minted }),
    async () => {
      const outcome = await performCall(crew, {
        proposal: proposeCall(callId, options.tool === "" ? "(none)" : options.tool, args, caller),
        place: { held, workspace, executionsLeft: held.minted.capability.limits.max_executions },
        records,
        toolUseId: "",
        ...(note === "" ? {} : { note }),
        dryRun: options.dryRun,
        append: async (events) => void (await crew.store.commit(events)),
      });
      if (options.dryRun) recordDryRun(crew, records, { outcome, callId });
      return outcome;
    },
  );
}

/** Works as an agent from its spawning to its end, which is recorded however the work ends; `status` tells if this process dies. */
async function whileActive<T>(
  { store, cycle }: Crew,
  records: Place,
  spawned: AnyNewEvent,
  work: () => Promise<T>,
): Promise<T> {
  const { actor: agent, task } = records;
  const name = callLease({ cycle, task: task ?? "-", agent });
  // Taken already where another process makes a call as the same agent: whichever lives, the agent is active.
  const lease = store.lease.acquire(name, holderOf(process.pid, userInfo().username), isHolderAlive);
  store.append([spawned]);
  try {
    return await work();
  } finally {
    store.append([eventAt(records, "AGENT_TERMINATED", { agent_id: agent, reason: "the call is over" })]);
    if (lease.ok) store.lease.release(name, lease.value.fence);
  }
}

/** A call that was decided and not carried out ends here, so that it is none of unknown outcome. */
function recordDryRun(crew: Crew, records: Place, { outcome, callId }: { outcome: CallOutcome; callId: string }): void {
  const content = outcome.isError ? outcome.content : "dry run: approved, not carried out";
  const verification = { succeeded: !outcome.isError, outcomeCorrect: true, retry: { should: false, why: "dry run" } };
  const result = { call_id: callId, tool_use_id: "", content, is_error: outcome.isError, verification };
  crew.store.append([eventAt(records, "TOOL_RESULT", result)]);
}

interface Answered {
  outcome: CallOutcome;
  workspace: TaskWorkspace;
  options: ToolOptions;
}

function answer({ outcome, workspace, options }: Answered): { exitCode: number; report: ToolReport } {
  const { verdict } = outcome.judgement;
  const approved = verdict.outcome === "Approved";
  const silent = options.dryRun && approved;
  const report: ToolReport = {
    verdict,
    ...(silent ? {} : { result: outcome.command ?? outcome.content }),
    ...effectsOf(outcome),
    workspace: workspace.worktree,
    ...outcome.dispatch,
  };
  return { exitCode: approved ? exitOf(outcome) : 3, report };
}

/** Exit code of an approved call (DESIGN §13). */
function exitOf({ fault, effects, denials = [] }: CallOutcome): number {
  const refused = effects?.kept === false || denials.length > 0;
  return fault ?? (refused ? 3 : 0);
}

function effectsOf({ effects, denials = [] }: CallOutcome): Pick<ToolReport, "effects"> {
  if (effects === undefined) return {};
  const changes = effects.changes.map(({ path, kind }) => ({ path, kind }));
  return { effects: { kept: effects.kept, changes, refused: effects.refused, denials: [...denials] } };
}
