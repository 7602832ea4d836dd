import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RepositoryLocation } from "../../effect/repository/repository-location.js";
import { defined } from "../../kernel/defined.js";
import { Fault, messageOf } from "../../kernel/fault.js";
import type { Result } from "../../kernel/result.js";
import { projectBrief, renderBrief } from "../../memory/brief.js";
import { createDecision, searchDecisions, setDecisionStatus } from "../../memory/decisions.js";
import { createIssue, recordFixOutcome, resolveIssue, searchIssues } from "../../memory/issues.js";
import { suggestEstimate } from "../../memory/learning.js";
import { createNote } from "../../memory/notes.js";
import { describeNothing } from "../../memory/nothing.js";
import { OUTSIDE_CYCLES } from "../../memory/outside-cycles.js";
import { claimTask, finishTask } from "../../memory/own-tasks.js";
import { pinRecord } from "../../memory/pins.js";
import { cycleOfTask } from "../../memory/plan-task.js";
import { pm_assign, pm_get_status, pm_set_deadline } from "../../memory/project-management.js";
import { search } from "../../memory/project-search.js";
import { createTrigger } from "../../memory/triggers.js";
import { updateSelf } from "../../memory/worknodes.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { Proposal } from "../../schema/proposal.js";
import { type ToolInput, type ToolName, toolInputSchemas } from "../../schema/tool.js";
import { isHolderAlive } from "../../store/lease.js";
import type { Store } from "../../store/store.js";
import { assignTask, spawnAgent } from "../agent/spawn.js";
import { type Crew, tierAgent } from "../state/context.js";
import { parsePlan } from "../state/plan-source.js";
import type { OutsideAnswer, OutsideCall, OutsideHandler } from "./outside.js";

/** How a client does a task of a plan: takes it in hand, and hands it in to the rules. */
export interface PlanTasks {
  claim(task: string): Promise<Result<unknown, Fault>>;
  finish(task: string, summary: string): Promise<Result<unknown, Fault>>;
}

/** What the handlers act on. `startRun` starts a plan and answers once it is under way or ended. */
export interface OutsidePlace {
  readonly store: Store;
  readonly location: RepositoryLocation;
  readonly agent: string;
  /** A task of the open cycle, done by the client itself in the task's worktree. */
  readonly planTasks: PlanTasks;
  startRun(plan: string, inputs: Readonly<Record<string, string>>): Promise<Result<Record<string, unknown>, Fault>>;
}

/** The tools of a client outside a run, each with what carries it out once the gate approved it. */
export function outsideTools(place: OutsidePlace): Readonly<Partial<Record<ToolName, OutsideHandler>>> {
  return { ...readingTools(place), ...recordingTools(place), ...taskTools(place), ...coordinatingTools(place) };
}

/** A handler whose input is parsed by its tool's schema and whose answer is a value or a Fault. */
function tool<T extends ToolName>(
  name: T,
  work: (input: ToolInput<T>, call: OutsideCall) => Result<unknown, Fault> | Promise<Result<unknown, Fault>>,
): Record<T, OutsideHandler> {
  const handler: OutsideHandler = async (call) => {
    const input = toolInputSchemas[name].parse(call.proposal.what.args) as ToolInput<T>;
    try {
      return answerOf(await work(input, call));
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code.startsWith("STORE_")) throw thrown;
      return { content: `${thrown.code}: ${thrown.message}`, isError: true };
    }
  };
  return { [name]: handler } as Record<T, OutsideHandler>;
}

function answerOf(result: Result<unknown, Fault>): OutsideAnswer {
  if (!result.ok) return { content: `${result.error.code}: ${result.error.message}`, isError: true };
  const plain: unknown = JSON.parse(JSON.stringify(result.value ?? null));
  const isObject = typeof plain === "object" && plain !== null && !Array.isArray(plain);
  const value = isObject ? (plain as Record<string, unknown>) : { result: plain };
  const text = typeof value["text"] === "string" ? value["text"] : JSON.stringify(plain, null, 1);
  return { content: text, isError: false, value };
}

const fine = (value: unknown): Result<unknown, Fault> => ({ ok: true, value });

function readingTools({ store }: OutsidePlace): Partial<Record<ToolName, OutsideHandler>> {
  return {
    ...tool("continue", ({ budget, ...subject }) => {
      const brief = projectBrief(store, {
        ...defined(subject),
        ...(budget === undefined ? {} : { budgetTokens: budget }),
      });
      if (brief !== undefined) return fine({ ...brief, text: renderBrief(brief) });
      const { error, last } = describeNothing(store);
      return fine({ nothing: true, last, text: last === null ? error : `${error}\n${last}` });
    }),
    ...tool("status", ({ cycle }) => fine(statusOf(store, cycle ?? store.queries.maxCycle()))),
    ...tool("search", (input) => search(store, defined(input))),
    ...tool("search_decisions", ({ query }) => fine({ decisions: searchDecisions(store, { query }) })),
    ...tool("search_issues", async ({ query }) => {
      const found = await searchIssues(store, { query });
      return found.ok ? fine({ issues: found.value }) : found;
    }),
    ...tool("pm_get_status", (input) => pm_get_status(store, defined(input))),
    ...tool("suggest_estimate", (input) => suggestEstimate(store, defined(input))),
  };
}

function statusOf({ queries }: Store, number: number): Record<string, unknown> {
  return {
    cycle: queries.cycle(number) ?? null,
    tasks: queries.tasks(number),
    own_tasks: number === 0 ? [] : queries.tasks(0),
    totals: queries.usageTotals(number) ?? null,
    approvals: queries.pendingApprovals(null),
    escalations: queries.openEscalations(number),
    cycles: queries.cycles(10).map((row) => ({ number: row.number, title: row.title, status: row.status })),
  };
}

function recordingTools({ store, agent }: OutsidePlace): Partial<Record<ToolName, OutsideHandler>> {
  const author = { actor: agent };
  return {
    ...tool("create_decision", (input) => {
      const record = { ...defined(input), made_by: agent, timestamp: store.clock.nowMs() };
      return createDecision(store, record as Parameters<typeof createDecision>[1], author);
    }),
    ...tool("set_decision_status", (input) => setDecisionStatus(store, input, author)),
    ...tool("create_issue", (input) => {
      const solution = input.solution === undefined ? {} : { solution: defined(input.solution) };
      return createIssue(store, { ...defined(input), ...solution } as Parameters<typeof createIssue>[1], author);
    }),
    ...tool("resolve_issue", ({ id, ...solution }) =>
      resolveIssue(store, { id, solution: defined(solution) as never }, author),
    ),
    ...tool("record_fix_outcome", (input) => recordFixOutcome(store, input, author)),
    ...tool("create_note", (input) => createNote(store, defined(input), author)),
    ...tool("pin_record", (input) => pinRecord(store, input, author)),
    ...tool("create_trigger", (input) => createTrigger(store, defined(input) as never, author)),
    ...tool("update_self", (input) => updateSelf(store, agent, defined(input))),
  };
}

/** Whether an id names a task of the open cycle and none outside plans. */
function isOfPlan(store: Store, task: string | undefined): task is string {
  if (task === undefined || store.queries.task(OUTSIDE_CYCLES, task) !== undefined) return false;
  return cycleOfTask(store, task) !== undefined;
}

function taskTools({ store, agent, planTasks }: OutsidePlace): Partial<Record<ToolName, OutsideHandler>> {
  return {
    ...tool("claim_task", (input) =>
      isOfPlan(store, input.task) ? planTasks.claim(input.task) : claimTask(store, { ...defined(input), by: agent }),
    ),
    ...tool("finish_task", (input) =>
      isOfPlan(store, input.task)
        ? planTasks.finish(input.task, input.summary ?? "")
        : finishTask(store, { ...(defined(input) as typeof input & object), by: agent } as never),
    ),
    ...tool("pm_assign", (input) => pm_assign(store, { ...defined(input), by: agent } as never)),
    ...tool("pm_set_deadline", (input) => pm_set_deadline(store, { ...defined(input), by: agent } as never)),
  };
}

function coordinatingTools(place: OutsidePlace): Partial<Record<ToolName, OutsideHandler>> {
  return {
    ...tool("plan_new", (input) => writePlan(place, input)),
    ...tool("run", ({ plan, inputs }) => place.startRun(plan, inputs)),
    spawn_agent: (call) => coordinate(call, spawnAgent),
    assign_task: (call) => coordinate(call, assignTask),
  };
}

/** A plan of a client is linted, and written where none is yet; its hash is not approved by anybody. */
function writePlan({ location }: OutsidePlace, { id, source }: { id: string; source: string }): Result<unknown, Fault> {
  const folder = join(location.root, ".worknode", "plans");
  const path = join(folder, `${id}.yaml`);
  const { hash } = parsePlan(source, path);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, source, { flag: "wx" });
  } catch (cause) {
    return {
      ok: false,
      error: new Fault("PLAN_FILE", `${path} cannot be made: ${messageOf(cause)}`, { cause, exitCode: 2 }),
    };
  }
  return fine({ path, hash, next: `A person reads it with \`worknode plan explain ${path}\` and approves it.` });
}

/** Nobody there has an end of time. */
const OUTSIDE_OF_A_RUN = { held: { endsAtMs: null } };

/** Spawning and assigning act for the plan's executive, on a cycle that no process is running at the moment. */
function coordinate(call: OutsideCall, work: typeof spawnAgent): OutsideAnswer {
  const { crew } = call;
  const refusal = crew === undefined ? "There is no open cycle to coordinate." : runningProblem(crew);
  const executive = crew === undefined ? undefined : tierAgent(crew, "executive");
  if (crew === undefined || executive === undefined || refusal !== undefined)
    return { content: refusal ?? "The plan has no executive agent to act for.", isError: true };
  const proposal: Proposal = { ...call.proposal, who: { ...call.proposal.who, agent: executive.id } };
  const {
    content,
    is_error: isError,
    events,
  } = work(crew, { proposal, records: call.records, place: OUTSIDE_OF_A_RUN });
  const lateFault = (): string | undefined => runningProblem(crew) ?? takenName(crew, events);
  return { content, isError, events, lateFault, ...(isError ? {} : { value: { result: content } }) };
}

/** Why agents cannot be spawned under the names they were given: others have them since. */
function takenName(crew: Crew, events: readonly AnyNewEvent[]): string | undefined {
  const known = new Set(crew.store.queries.agents(crew.cycle).map(({ agent }) => agent));
  const names = events.flatMap((event) => (event.type === "AGENT_SPAWNED" ? [event.payload.agent.id] : []));
  const taken = names.find((name) => known.has(name));
  return taken === undefined ? undefined : `${taken} was spawned meanwhile by another; ask again.`;
}

function runningProblem(crew: Crew): string | undefined {
  const lease = crew.store.lease.read(`cycle:${crew.cycle}`);
  if (lease?.held !== true || !isHolderAlive(lease)) return undefined;
  return `Cycle ${crew.cycle} is being run by process ${lease.pid}: its own executive coordinates it.`;
}
