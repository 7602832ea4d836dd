import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { sha256Hex } from "../../kernel/canonical.js";
import type { CallPlace } from "../call/facts.js";
import type { Caller } from "../call/propose.js";
import { conversationStream } from "../conversation/conversation.js";
import type { Crew, CrewAgent, Held } from "../state/context.js";
import type { Place } from "../state/records.js";

/** Where a client's calls are judged: for one task, or for none, and then only what nobody may do is refused. */
export interface HookPlace {
  readonly crew: Crew;
  readonly agent: CrewAgent;
  /** Task id, as the capability names it. */
  readonly task: string;
  readonly phase: string;
  /** Whether a task is claimed. Without one the hard deny list is guarded and the rest is the client's own business. */
  readonly claimed: boolean;
  readonly held: Held;
  /** `shownRoot` is where the client sees it: its own path, as no sandbox stands around the client. */
  readonly workspace: TaskWorkspace;
  /** Calls judged so far, against the capability's limit. */
  calls: number;
}

/** The conversation a client's session is recorded as. */
export function conversationOf({ crew, task }: HookPlace, session: string): string {
  return `${crew.cycle}:${task}:client:${sha256Hex(session).slice(0, 8)}`;
}

/** Where a call is recorded. The client's id for it is its last part. */
export function recordsOf(place: HookPlace, session: string, toolUseId: string): Place & { execution: string } {
  const conversation = conversationOf(place, session);
  const id = /^[\w-]{1,128}$/.test(toolUseId) ? toolUseId : sha256Hex(toolUseId).slice(0, 16);
  return {
    stream: conversationStream(conversation),
    actor: place.agent.id,
    run: place.crew.cycle,
    task: place.claimed ? place.task : null,
    execution: `${conversation}:${id}`,
  };
}

/** Who asks. */
export function callerOf({ agent, task, phase, crew }: HookPlace): Caller {
  return { agent: agent.id, tier: agent.tier, task, phase, cycle: crew.cycle, source: "Claude Code" };
}

/** What a call is judged under; counts it. */
export function callPlaceOf(place: HookPlace): CallPlace {
  const { held, workspace } = place;
  const executionsLeft = held.minted.capability.limits.max_executions - place.calls;
  place.calls += 1;
  return { held, workspace, executionsLeft };
}
