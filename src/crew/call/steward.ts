import { judge } from "../../gate/judge.js";
import type { Permit } from "../../gate/permit.js";
import { InvariantError } from "../../kernel/assert.js";
import { Fault } from "../../kernel/fault.js";
import { systemRandom } from "../../kernel/ids.js";
import type { Proposal } from "../../schema/proposal.js";
import { holdCapability } from "../agent/delegation.js";
import { stewardGrant } from "../agent/grants.js";
import type { Crew } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { cycleStream, eventAt, type Place, taskStream } from "../state/records.js";
import { stopIfKilled } from "../state/stop.js";
import { gatherFacts } from "./facts.js";
import { circumstances, dispatchHere } from "./local-dispatch.js";
import { proposeCall } from "./propose.js";

type StewardTool =
  | "cycle.open"
  | "workspace.open"
  | "plan.command"
  | "task.merge"
  | "batch.stack"
  | "batch.commit"
  | "batch.merge"
  | "workspace.remove"
  | "branch.join"
  | "branch.land";

/** A call worknode makes itself, for example running the plan's commands. */
export interface StewardCall<A extends Record<string, unknown>> {
  readonly tool: StewardTool;
  readonly task: string | null;
  readonly args: A;
}

/** What carries such a call out is handed by dispatch: the permit, what it is for, and whether anything may remain. */
export interface StewardTurn<A> {
  readonly permit: Permit;
  readonly call: { readonly callId: string; readonly args: A };
  /** False in a rehearsal. */
  readonly keeps: boolean;
}

/** What came of it. `said` is recorded as the call's result. */
export interface StewardDone<T> {
  readonly value: T;
  readonly said: string;
  readonly failed?: boolean;
}

/** Tells this process's calls from those that others, also in other containers, make in the same millisecond. */
const PROCESS = systemRandom.hex(4);
let serial = 0;

/**
 * Takes a call of worknode's own the one way there is: proposed, judged and recorded like any other, then dispatched,
 * and its result recorded. A denial is a Fault (exit 3), because nothing the plan allows should be denied. Throws RunStop
 * where the kill switch or an interruption came first, and what `act` throws.
 */
export async function stewardCall<A extends Record<string, unknown>, T>(
  crew: Crew,
  call: StewardCall<A>,
  act: (turn: StewardTurn<A>) => Promise<StewardDone<T>>,
): Promise<T> {
  stopIfKilled(crew);
  const proposal = proposeOwn(crew, call);
  const { call_id: callId } = proposal;
  const stream = call.task === null ? cycleStream(crew.cycle) : taskStream(crew.cycle, call.task);
  const place = { stream, actor: "worknode", run: crew.cycle, task: call.task, execution: callId };
  const judgement = await judgeOwn(crew, proposal, place);
  const { outcome } = await dispatchHere({ proposal, judgement }, circumstances(crew), async ({ permit, keeps }) => {
    const done = await recordFault(crew, { callId, place }, () =>
      act({ permit, call: { callId, args: call.args }, keeps }),
    );
    const { said: content, failed: isError = false } = done;
    recordResult(crew, { callId, place }, { content, isError });
    return { content, isError, value: done.value };
  });
  if (outcome !== undefined) return outcome.value;
  stopIfKilled(crew);
  throw new Fault("NOT_DISPATCHED", `${callId} was approved and not dispatched.`);
}

function proposeOwn<A extends Record<string, unknown>>(crew: Crew, { tool, task, args }: StewardCall<A>): Proposal {
  serial += 1;
  const callId = `${crew.cycle}:${task ?? "-"}:${tool}:${crew.clock.nowMs().toString(36)}-${PROCESS}-${serial}`;
  const { phase } = holdOwn(crew, task).minted.capability;
  const who = { agent: "worknode", tier: "executive", task: task ?? "-", phase, cycle: crew.cycle } as const;
  return proposeCall(callId, tool, args, { ...who, source: "plan" });
}

function holdOwn(crew: Crew, task: string | null) {
  return holdCapability(crew, `worknode/${task ?? "-"}`, () => crew.broker.mint(stewardGrant(crew, task)));
}

/** Asks the gate and records what it said. Throws Fault ERROR_NOT_APPROVED (exit 3). */
async function judgeOwn(crew: Crew, proposal: Proposal, place: Place) {
  const held = holdOwn(crew, place.task);
  const { facts } = await gatherFacts(crew, proposal, { held, workspace: undefined, executionsLeft: 1 });
  const judgement = judge(proposal, facts);
  crew.store.append([
    eventAt(place, "PROPOSAL", proposal),
    eventAt(place, "VERDICT", { ...judgement.verdict, call_id: proposal.call_id, mode: "auto" }),
  ]);
  if (judgement.permit === undefined)
    throw new Fault("ERROR_NOT_APPROVED", renderDenials(judgement.denials), { exitCode: 3 });
  return judgement;
}

/** A fault ends a call as a result does, so that the call is not one of unknown outcome; thrown on all the same. */
async function recordFault<T>(crew: Crew, at: { callId: string; place: Place }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const told = thrown instanceof Fault && !(thrown instanceof InvariantError) && !thrown.code.startsWith("STORE_");
    if (told) recordResult(crew, at, { content: `failed (${thrown.code}): ${thrown.message}`, isError: true });
    throw thrown;
  }
}

function recordResult(
  crew: Crew,
  { callId, place }: { callId: string; place: Place },
  { content, isError }: { content: string; isError: boolean },
): void {
  crew.store.append([
    eventAt(place, "TOOL_RESULT", {
      call_id: callId,
      tool_use_id: "",
      content,
      is_error: isError,
      verification: { succeeded: !isError, outcomeCorrect: !isError, retry: { should: false, why: "recorded" } },
    }),
  ]);
}
