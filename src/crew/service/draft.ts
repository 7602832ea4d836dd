import { userInfo } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { viewCheckout, writeNewFile } from "../../effect/repository/checkout-survey.js";
import { Fault, invalid } from "../../kernel/fault.js";
import { loadPlan } from "../../plan/load-plan.js";
import { formatFault, type PlanFault } from "../../plan/plan-fault.js";
import { unsupported } from "../../plan/unsupported.js";
import type { Plan } from "../../schema/plan.js";
import type { Runtime } from "../../schema/runtime.js";
import type { CycleRow } from "../../store/cycle-rows.js";
import { holderOf, isHolderAlive } from "../../store/lease.js";
import { DRAFTING } from "../../store/sql/read-latest-incomplete-cycle.js";
import { headWorkspace } from "../call/workspaces.js";
import { asRecord } from "../conversation/chain.js";
import { endEvents } from "../conversation/conversation-end.js";
import { converse, type FinishJudge } from "../conversation/converse.js";
import { turnBack } from "../conversation/finish.js";
import { openModel, requireModel } from "../conversation/model-access.js";
import { assembleCrew, requireRoster } from "../cycle/assemble.js";
import { openBranch, openCycle } from "../cycle/opening.js";
import { type Project, withProject } from "../cycle/project.js";
import { type SessionOptions } from "../cycle/session.js";
import { type Crew, tierAgent } from "../state/context.js";
import { type PlanSource, parsePlan } from "../state/plan-source.js";
import { cycleStream, eventAt } from "../state/records.js";
import { RunStop } from "../state/stop.js";
import { setStatus } from "../state/task-status.js";
import { textOf } from "../state/text.js";
import { DRAFT_OUTPUT, DRAFT_PLAN, DRAFT_TASK, type DraftWish, draftingPlan, draftPrompt } from "./draft-prompt.js";
import { configOf } from "./init.js";

/** Times a draft with faults goes back to who wrote it. */
const MAX_RETURNS = 3;
/** Plans are drafted by the Messages API, whatever agent files say. */
const RUNTIMES: ReadonlySet<Runtime> = new Set<Runtime>(["api"]);

/** A draft that was written down; nothing of it has run. */
export interface DraftReport {
  readonly cycle: number;
  /** Where it is, relative to the repository. */
  readonly path: string;
  /** Undefined while it has faults. */
  readonly plan: Plan | undefined;
  readonly faults: readonly string[];
}

/**
 * Has the executive read the repository, through the gate, and draft a plan; lint judges, and its faults go back at
 * most three times. The draft is written to `.worknode/plans/` either way. A draft for the same wish that a dead process
 * left is gone on with; one for another wish is given up. Throws Fault DRAFT_FAILED (exit 4), STOPPED (the exit code of
 * what stopped it), and what opening a project throws.
 */
export async function draftPlan(options: SessionOptions & DraftWish): Promise<DraftReport> {
  return await withProject(options, async (project) => {
    const source = parsePlan(draftingPlan(options), DRAFTING);
    requireRoster(project, source, { env: options.env, runtime: "api" });
    await requireModel(RUNTIMES, options.env);
    const left = leftDraft(project);
    const same = left !== undefined && isDeepStrictEqual(wishOf(left), plainWish(options));
    if (left !== undefined && !same) giveUp(project, left.number);
    if (same) return await draftIn(project, { source, cycle: left.number }, options);
    const opening = { inputs: plainWish(options), openedBy: "tool", mode: "enforced", includeWip: false } as const;
    const cycle = openCycle(project, source, opening);
    return await draftIn(project, { source, cycle }, options);
  });
}

/** Goes on with the draft a dead process left; undefined where there is none. Throws what `draftPlan` throws. */
export async function continueDraft(options: SessionOptions): Promise<DraftReport | undefined> {
  const wish = await withProject(options, async (project) => {
    const left = leftDraft(project);
    return left === undefined ? undefined : wishOf(left);
  });
  return wish === undefined ? undefined : await draftPlan({ ...options, ...wish });
}

/** A draft whose process is gone, on the commit that is still the head. */
function leftDraft(project: Project): CycleRow | undefined {
  const { store, repository } = project;
  const row = store.queries.latestIncompleteCycle(DRAFT_PLAN);
  if (row?.plan_path !== DRAFTING) return undefined;
  const lease = store.lease.read(`cycle:${row.number}`);
  if (lease?.held === true && isHolderAlive(lease)) return undefined;
  if (row.base_commit === repository.head) return row;
  giveUp(project, row.number);
  return undefined;
}

function giveUp({ store }: Project, cycle: number): void {
  const place = { stream: cycleStream(cycle), actor: "worknode", run: cycle, task: null };
  const reason = "the draft was interrupted, and another one was asked for or the repository went on";
  store.append([eventAt(place, "CYCLE_ENDED", { cycle, status: "failed", exit_code: 130, reason })]);
}

const wishSchema = z.object({ goal: z.string(), files: z.array(z.string()), usd: z.number().nullable() });

function wishOf(row: CycleRow): DraftWish {
  return wishSchema.parse(row.inputs);
}

function plainWish({ goal, files, usd }: DraftWish): z.infer<typeof wishSchema> {
  return { goal, files: [...files], usd };
}

async function draftIn(
  project: Project,
  { source, cycle }: { source: PlanSource; cycle: number },
  options: SessionOptions & DraftWish,
): Promise<DraftReport> {
  const { env, signal } = options;
  const { repository, store } = project;
  const config = configOf(repository, await viewCheckout(repository, env), options);
  const { allowance, client } = openModel({ store, stateDir: repository.stateDir, cycle }, env, { runtimes: RUNTIMES });
  const given = {
    source,
    cycle,
    runtime: "api",
    inputs: {},
    client,
    allowance,
    mode: "enforced",
    signal,
    env,
    confines: false,
  } as const;
  try {
    return await inSession(project, { cycle, onEvent: (event) => options.onEvent(event) }, async () => {
      const crew = assembleCrew(project, given);
      await openBranch(crew);
      crew.activePhases.add("draft");
      const draft = await converseDraft(crew, (root) => draftPrompt(options, config, root));
      const path = await save(project, draft, cycle);
      return { cycle, path, plan: draft.faults.length === 0 ? draft.plan : undefined, faults: draft.faults };
    });
  } finally {
    allowance.close();
  }
}

/** Holds the cycle's lease, tells its events, and ends it, also where the work was stopped: a draft is not continued. */
async function inSession<T>(
  { store }: Project,
  { cycle, onEvent }: { cycle: number; onEvent: SessionOptions["onEvent"] },
  work: () => Promise<T>,
): Promise<T> {
  const lease = store.lease.acquire(`cycle:${cycle}`, holderOf(process.pid, userInfo().username), isHolderAlive);
  if (!lease.ok) throw invalid("CYCLE_BUSY", `cycle ${cycle} is being run by process ${lease.error.pid}.`);
  for (const event of store.events({ run: cycle })) onEvent(event);
  const unsubscribe = store.subscribe((events) => {
    for (const event of events) onEvent(event);
  });
  const end = { exit_code: 4, reason: "no draft" };
  try {
    const result = await work();
    Object.assign(end, { exit_code: 0, reason: "drafted" });
    return result;
  } catch (thrown) {
    if (!(thrown instanceof RunStop)) throw thrown;
    Object.assign(end, { exit_code: thrown.exitCode, reason: thrown.message });
    throw new Fault("STOPPED", `no draft: ${thrown.message}`, { exitCode: thrown.exitCode, cause: thrown });
  } finally {
    const place = { stream: cycleStream(cycle), actor: "worknode", run: cycle, task: null };
    const status = end.exit_code === 0 ? "done" : "failed";
    store.append([eventAt(place, "CYCLE_ENDED", { cycle, status, ...end })]);
    unsubscribe();
    store.lease.release(`cycle:${cycle}`, lease.value.fence);
  }
}

interface Draft {
  readonly text: string;
  readonly plan: Plan | undefined;
  readonly faults: readonly string[];
}

async function converseDraft(crew: Crew, prompt: (root: string) => string): Promise<Draft> {
  const agent = tierAgent(crew, "executive");
  if (agent === undefined) throw new Fault("AGENT_MISSING", "there is no executive to draft a plan");
  const workspace = await headWorkspace(crew);
  await setStatus(crew, DRAFT_TASK, "IN_PROGRESS");
  const held: { draft: Draft | undefined } = { draft: undefined };
  const { end } = await converse(crew, {
    kind: "work",
    task: DRAFT_TASK,
    agent,
    workspace,
    prompt: () => prompt(workspace.shownRoot),
    finish: judgeDraft((draft) => {
      held.draft = draft;
    }),
  });
  const { draft } = held;
  await setStatus(crew, DRAFT_TASK, draft?.faults.length === 0 ? "DONE" : "REJECTED");
  if (draft !== undefined) return draft;
  const reason = end.kind === "exhausted" ? end.reason : textOf(asRecord(end.call.input)["reason"]);
  throw new Fault("DRAFT_FAILED", `the executive drafted no plan: ${reason}`, { exitCode: 4 });
}

/** Lints what is submitted: faults go back, and after the last return the draft is kept as it is. */
function judgeDraft(keep: (draft: Draft) => void): FinishJudge {
  let returns = 0;
  return async (at) => {
    if (at.call.name === "report_blocker")
      return {
        agent_id: at.conversation.agent,
        output: { decision: "ACCEPT" },
        outcome: "BLOCKED",
        events: endEvents(at.conversation, "BLOCKED"),
        over: true,
      };
    const text = textOf(asRecord(asRecord(at.call.input)["outputs"])[DRAFT_OUTPUT]);
    const draft = readDraft(text);
    keep(draft);
    if (draft.faults.length > 0 && returns < MAX_RETURNS) {
      returns += 1;
      return turnBack(
        at,
        `The draft has faults; mend them all and submit the whole plan again:\n${draft.faults.join("\n")}`,
        "lint",
      );
    }
    const decision = draft.faults.length === 0 ? "ACCEPT" : "REJECT";
    const output =
      decision === "ACCEPT" ? ({ decision } as const) : ({ decision, feedback: draft.faults.join("\n") } as const);
    return { agent_id: "lint", output, outcome: decision, events: endEvents(at.conversation, decision), over: true };
  };
}

function readDraft(text: string): Draft {
  if (text.trim() === "")
    return { text, plan: undefined, faults: [`submit_result needs the output ${DRAFT_OUTPUT}: the plan as YAML`] };
  const { plan, faults } = loadPlan(text, "draft.yaml");
  const later: readonly PlanFault[] = plan === undefined ? [] : unsupported(plan);
  const errors = [...faults, ...later].filter(({ severity }) => severity === "error");
  return { text, plan, faults: errors.map((fault) => formatFault("draft.yaml", fault)) };
}

/** A draft never overwrites anything. */
async function save({ repository }: Project, draft: Draft, cycle: number): Promise<string> {
  const sound = draft.faults.length === 0 && draft.plan !== undefined;
  const name = sound ? draft.plan.id : `draft-${cycle}`;
  for (const path of [`.worknode/plans/${name}.yaml`, `.worknode/plans/${name}-${cycle}.yaml`])
    if (await writeNewFile(repository.root, path, draft.text)) return path;
  throw invalid("DRAFT_EXISTS", `.worknode/plans/${name}-${cycle}.yaml exists already. Move it away.`);
}
