import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { Fault, invalid } from "../../kernel/fault.js";
import { holdFor } from "../agent/delegation.js";
import { spawnedEvent } from "../agent/spawn.js";
import { taskWorkspace } from "../call/workspaces.js";
import { type Crew, ownerOf, taskOf } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { type HookPlace, recordsOf } from "./place.js";

/**
 * The place of a client that does a task of a plan: its worktree, at its own path, under the capability of the task's
 * owner. Throws Fault AGENT_MISSING (exit 2), and what the capability is refused with (exit 3).
 */
export async function taskPlace(crew: Crew, task: string): Promise<HookPlace> {
  const { task: spec, phase } = taskOf(crew, task);
  const agent = crew.agents.get(ownerOf(crew, spec));
  if (agent === undefined) throw invalid("AGENT_MISSING", `the owner of ${task} is not an agent of the plan.`);
  const held = holdFor(crew, agent, { task, kind: "work" });
  if (!held.ok) throw new Fault(held.error.code, renderDenials([held.error]), { exitCode: 3 });
  const workspace = asSeenByClient(crew, await taskWorkspace(crew, task));
  const place = { crew, agent, task, phase, claimed: true, held: held.value, workspace, calls: 0 };
  crew.store.append([
    spawnedEvent(crew, recordsOf(place, "place", "claim"), { agent, task, minted: held.value.minted }),
  ]);
  return place;
}

/** No wall stands around a client: it sees the worktree where it is. */
function asSeenByClient(crew: Crew, workspace: TaskWorkspace): TaskWorkspace {
  const seen = { ...workspace, shownRoot: workspace.worktree };
  crew.workspaces.set(workspace.task, seen);
  return seen;
}
