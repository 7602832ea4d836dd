import { judge } from "../../gate/judge.js";
import type { Permit } from "../../gate/permit.js";
import { Fault } from "../../kernel/fault.js";
import { holdCapability } from "../agent/delegation.js";
import { stewardGrant } from "../agent/grants.js";
import type { Crew } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { cycleStream, eventAt, type Place, taskStream } from "../state/records.js";
import { stopIfKilled } from "../state/stop.js";
import { gatherFacts } from "./facts.js";
import { proposeCall } from "./propose.js";

type StewardTool =
  | "cycle.open"
  | "workspace.open"
  | "plan.command"
  | "task.merge"
  | "workspace.remove"
  | "branch.join"
  | "branch.land";

/** A call worknode makes itself, for example running the plan's commands. */
export interface StewardCall {
  readonly tool: StewardTool;
  readonly task: string | null;
  readonly args: Record<string, unknown>;
}

let serial = 0;

/**
 * Gets the gate's permit for a call of worknode's own. It is proposed, judged and recorded like any
 * other; a denial is a Fault (exit 3), because nothing the plan allows should be denied.
 */
export async function stewardPermit(
  crew: Crew,
  call: StewardCall,
): Promise<{ permit: Permit; callId: string; place: Place }> {
  stopIfKilled(crew);
  serial += 1;
  const callId = `${crew.cycle}:${call.task ?? "-"}:${call.tool}:${crew.clock.nowMs().toString(36)}${serial}`;
  const held = holdCapability(crew, `worknode/${call.task ?? "-"}`, () =>
    crew.broker.mint(stewardGrant(crew, call.task)),
  );
  const { phase } = held.minted.capability;
  const caller = {
    agent: "worknode",
    tier: "executive",
    task: call.task ?? "-",
    phase,
    cycle: crew.cycle,
    source: "plan",
  } as const;
  const proposal = proposeCall(callId, call.tool, call.args, caller);
  const { facts } = await gatherFacts(crew, proposal, { held, workspace: undefined, executionsLeft: 1 });
  const { verdict, denials, permit } = judge(proposal, facts);
  const stream = call.task === null ? cycleStream(crew.cycle) : taskStream(crew.cycle, call.task);
  const place = { stream, actor: "worknode", run: crew.cycle, task: call.task, execution: callId };
  crew.store.append([
    eventAt(place, "PROPOSAL", proposal),
    eventAt(place, "VERDICT", { ...verdict, call_id: callId, mode: "auto" }),
  ]);
  if (permit === undefined) throw new Fault("ERROR_NOT_APPROVED", renderDenials(denials), { exitCode: 3 });
  return { permit, callId, place };
}

/** Records that a steward's call ended, so that it does not count as one of unknown outcome. */
export function stewardDone(crew: Crew, at: { callId: string; place: Place }, content: string, failed = false): void {
  crew.store.append([
    eventAt(at.place, "TOOL_RESULT", {
      call_id: at.callId,
      tool_use_id: "",
      content,
      is_error: failed,
      verification: { succeeded: !failed, outcomeCorrect: !failed, retry: { should: false, why: "recorded" } },
    }),
  ]);
}
