import { join } from "node:path";
import PQueue from "p-queue";
import { type Broker, createBroker, type Grant, type Minted } from "../../capability/broker.js";
import { loadOrCreateKey } from "../../capability/keys.js";
import { compileWriteSet } from "../../capability/write-set.js";
import type { Repository } from "../../effect/repository/repository.js";
import type { GateFacts, Judgement } from "../../gate/facts.js";
import { judge } from "../../gate/judge.js";
import { MAX_COMPLEXITY, MAX_FUNCTION_LINES, TOKEN_TTL_MS } from "../../kernel/bounds.js";
import { newId } from "../../kernel/ids.js";
import type { Capability } from "../../schema/capability.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { Proposal } from "../../schema/proposal.js";
import { READING_TOOLS } from "../../schema/tool.js";
import type { Store } from "../../store/store.js";
import { trimInput } from "../call/call.js";
import { clip, violationEvent, violationEvents } from "../call/call-record.js";
import { gatherFacts } from "../call/facts.js";
import { dispatchHere } from "../call/local-dispatch.js";
import { proposeCall } from "../call/propose.js";
import { assembleCrew } from "../cycle/assemble.js";
import type { Crew } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { parsePlan } from "../state/plan-source.js";
import { cycleStream, eventAt, type Place } from "../state/records.js";

/** Calls one client may make in one session. */
const MAX_CALLS = 100_000;
/** Calls that go by what the crew is, each by what the one before left. */
const COORDINATING: ReadonlySet<string> = new Set(["spawn_agent", "assign_task"]);
/** What a capability names where there is no plan. */
const NO_PLAN = "0".repeat(64);

/** A client that is no agent of a run: who it is, and the tools it holds. */
export interface OutsideOptions {
  readonly repository: Repository;
  readonly store: Store;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly agent: string;
  readonly tools: readonly string[];
}

/** What a handler is given: the call as approved, and the crew of the open cycle where there is one. */
export interface OutsideCall {
  readonly proposal: Proposal;
  readonly records: Place;
  readonly crew: Crew | undefined;
}

/** What a call came to. `value` is what the client gets as an object. */
export interface OutsideAnswer {
  readonly content: string;
  readonly isError: boolean;
  readonly value?: Record<string, unknown>;
  /** Recorded together with the result. */
  readonly events?: readonly AnyNewEvent[];
  /** Why they can be recorded no more, asked in the transaction that would: what other processes did since. */
  readonly lateFault?: () => string | undefined;
}

/** Carries out one approved call. */
export type OutsideHandler = (call: OutsideCall) => OutsideAnswer | Promise<OutsideAnswer>;

/** A client's session with the gate. */
export interface Outside {
  readonly agent: string;
  call(tool: string, input: Record<string, unknown>, handler: OutsideHandler | undefined): Promise<OutsideAnswer>;
}

/**
 * Lets a client outside a run make calls through the gate, under a capability of its own: coordination, no file, no
 * command. It is judged by the open cycle's policies where there is one. A kill ends it: what it holds is of the epoch
 * it began in. Proposal, verdict and result are recorded like those of any agent.
 */
export function openOutside(options: OutsideOptions): Outside {
  const { repository, store, agent } = options;
  const broker = createBroker({ privateKey: loadOrCreateKey(join(repository.stateDir, "keys")), clock: store.clock });
  const session = {
    broker,
    epoch: store.epoch(),
    id: newId("mcp"),
    calls: 0,
  };
  const coordination = new PQueue({ concurrency: 1 });
  let minted: Minted | undefined;

  function capabilityFor(crew: Crew | undefined): Minted {
    const fresh = minted !== undefined && store.clock.nowMs() < minted.capability.exp - TOKEN_TTL_MS / 2;
    if (minted === undefined || !fresh || !isFor(minted.capability, crew))
      minted = broker.mint(grantOf(options, crew, session.epoch));
    return minted;
  }

  async function call(tool: string, input: Record<string, unknown>, handler?: OutsideHandler): Promise<OutsideAnswer> {
    session.calls += 1;
    const crew = openCrew(options);
    const held = capabilityFor(crew);
    const callId = `${session.id}:${session.calls}`;
    const { args, note } = trimInput(tool, input);
    const run = crew?.cycle ?? 0;
    const records = { stream: `client:${session.id}`, actor: agent, run, task: null, execution: callId };
    const caller = {
      agent,
      tier: "executive",
      task: "-",
      phase: "-",
      cycle: run,
      source: `client ${agent}`,
    } as const;
    const proposal = proposeCall(callId, tool === "" ? "(none)" : tool, args, caller);
    const facts = await factsOf(options, { session, crew, held, proposal });
    const judgement = judge(proposal, facts);
    const judged = judgementEvents({ proposal, records, judgement }, crew);
    const looks = judgement.permit !== undefined && READING_TOOLS.has(tool);
    if (!looks) store.append(judged);
    const approved = { proposal, records, crew };
    const isKilled = (): boolean => store.epoch() > session.epoch;
    return await carryOut(store, { call: approved, judgement, handler, note, before: looks ? judged : [], isKilled });
  }

  return {
    agent,
    call: async (tool, input, handler) =>
      COORDINATING.has(tool)
        ? await coordination.add(() => call(tool, input, handler))
        : await call(tool, input, handler),
  };
}

interface Session {
  readonly broker: Broker;
  readonly epoch: number;
  readonly calls: number;
}

function isFor({ cycle, plan_hash }: Capability, crew: Crew | undefined): boolean {
  return cycle === (crew?.cycle ?? 0) && plan_hash === (crew?.planHash ?? NO_PLAN);
}

function grantOf({ agent, tools, repository }: OutsideOptions, crew: Crew | undefined, epoch: number): Grant {
  return {
    project: crew?.plan.project ?? repository.projectId,
    agent,
    role: "client",
    tier: "executive",
    task: "-",
    cycle: crew?.cycle ?? 0,
    plan_hash: crew?.planHash ?? NO_PLAN,
    phase: "-",
    tools: [...tools],
    write: [],
    limits: { max_complexity: MAX_COMPLEXITY, max_function_lines: MAX_FUNCTION_LINES, max_executions: MAX_CALLS },
    budget: { usd: 0, tokens: 0 },
    epoch,
  };
}

/** The crew of the newest incomplete cycle, without a model: its plan, policies and agents. */
function openCrew({ repository, store, env, signal }: OutsideOptions): Crew | undefined {
  const row = store.queries.latestIncompleteCycle();
  if (row === undefined) return undefined;
  const started = store.events({ stream: cycleStream(row.number), type: "CYCLE_STARTED" })[0];
  if (started?.type !== "CYCLE_STARTED") return undefined;
  const source = parsePlan(started.payload.plan_source, started.payload.plan_path);
  const { inputs, number: cycle } = row;
  const base = { client: undefined, mode: "off", confines: false } as const;
  return assembleCrew({ repository, store }, { ...base, source, cycle, inputs, signal, env });
}

async function factsOf(
  options: OutsideOptions,
  at: { session: Session; crew: Crew | undefined; held: Minted; proposal: Proposal },
): Promise<GateFacts> {
  const { session, crew, held, proposal } = at;
  const { store, repository } = options;
  const writes = compileWriteSet([]);
  const authority = store.authority();
  const own = {
    nowMs: store.clock.nowMs(),
    capability: session.broker.verifier.verify(held.token, { nowMs: store.clock.nowMs(), ...authority }),
    killed: authority.epoch > session.epoch,
    budget: { executionsLeft: MAX_CALLS - session.calls, tokensLeft: null, usdLeft: null, timeLeftMs: null },
  };
  if (crew !== undefined) {
    const place = {
      held: { minted: held, writes, renewable: false, endsAtMs: null, lineage: [] },
      workspace: undefined,
      executionsLeft: MAX_CALLS,
    };
    return { ...(await gatherFacts(crew, proposal, place)).facts, ...own };
  }
  return {
    ...own,
    shownRoot: repository.shownRoot,
    phaseActive: true,
    writes,
    laterFiles: writes,
    loadedFiles: new Set(),
    isDenied: () => true,
    paths: [],
    images: [],
    policies: [],
    risk: { auto: 24, auditor: 59, human: 84, humanReview: "never", violatedWithinDay: false, rejectedBefore: false },
    review: { auditor: null, humans: [], excluded: [] },
  };
}

interface Judged {
  readonly proposal: Proposal;
  readonly records: Place;
  readonly judgement: Judgement;
}

/** A look is recorded with its result, as a crash loses nothing by it; anything else before it is done. */
function judgementEvents({ proposal, records, judgement }: Judged, crew: Crew | undefined): AnyNewEvent[] {
  const verdict = eventAt(records, "VERDICT", { ...judgement.verdict, call_id: proposal.call_id, mode: "auto" });
  const violation = judgement.denials.find((denial) => denial.violation);
  const events = [eventAt(records, "PROPOSAL", proposal), verdict];
  if (violation === undefined) return events;
  const place = { proposal, records };
  if (crew === undefined) return [...events, violationEvent(place, violation)]; // without a cycle there is no executive
  return [...events, ...violationEvents(crew, place, violation)];
}

interface Approved {
  readonly call: OutsideCall;
  readonly judgement: Judgement;
  readonly handler: OutsideHandler | undefined;
  readonly note: string;
  /** Events to be recorded with the result. */
  readonly before: readonly AnyNewEvent[];
  readonly isKilled: () => boolean;
}

const NO_SUCH_TOOL: OutsideAnswer = { content: "There is no such tool here.", isError: true };

/** Does what was approved, and records its result with what belongs to it; a denial leaves a result too. */
async function carryOut(store: Store, at: Approved): Promise<OutsideAnswer> {
  const { call, judgement, handler, note, before, isKilled } = at;
  const under = { mode: "enforced", clock: store.clock, isKilled } as const;
  const act = async (): Promise<OutsideAnswer> => (handler === undefined ? NO_SUCH_TOOL : await handler(call));
  const { outcome } = await dispatchHere({ proposal: call.proposal, judgement }, under, act);
  if (outcome === undefined) {
    const content = judgement.permit === undefined ? renderDenials(judgement.denials) : "Killed: nothing was done.";
    return record(store, call, { content, isError: true, events: before });
  }
  const events = [...before, ...(outcome.events ?? [])];
  return record(store, call, { ...outcome, content: clip(`${outcome.content}${note}`), events });
}

function record(store: Store, call: OutsideCall, answer: OutsideAnswer): OutsideAnswer {
  return store.transaction(() => {
    const late = answer.lateFault?.();
    return append(store, call, late === undefined ? answer : { content: late, isError: true });
  });
}

function append(store: Store, { proposal, records }: OutsideCall, answer: OutsideAnswer): OutsideAnswer {
  const succeeded = !answer.isError;
  const result = eventAt(records, "TOOL_RESULT", {
    call_id: proposal.call_id,
    tool_use_id: "",
    content: answer.content,
    is_error: answer.isError,
    verification: { succeeded, outcomeCorrect: succeeded, retry: { should: false, why: "the client decides" } },
  });
  store.append([...(answer.events ?? []), result]);
  return answer;
}
