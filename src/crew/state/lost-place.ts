import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { InvariantError } from "../../kernel/assert.js";
import { messageOf } from "../../kernel/fault.js";
import type { Crew } from "./context.js";
import { RunStop } from "./stop.js";

/**
 * Throws RunStop (exit 2) where the folders a task's work lies in are gone, removed by a person or a program: nothing is
 * kept in a folder made anew in their place, and no program is said to be missing that was started in one.
 */
export function stopIfLost(workspace: TaskWorkspace | undefined): void {
  const lost = workspace === undefined ? undefined : lostPlace(workspace);
  if (lost !== undefined) throw stopAt(lost);
}

/** What ends the session in place of a fault: the stop that tells what is gone, where that is why. */
export function lostInstead(crew: Crew, thrown: unknown): unknown {
  if (thrown instanceof RunStop || thrown instanceof InvariantError) return thrown;
  const { stateDir } = crew.repository;
  const lost = existsSync(stateDir) ? [...crew.workspaces.values()].map(lostPlace).find(isPlace) : stateDir;
  return lost === undefined ? thrown : stopAt(lost, ` (${messageOf(thrown)})`);
}

/** The first of a workspace's folders that is not there. */
function lostPlace({ worktree, taskDir, gitDir }: TaskWorkspace): string | undefined {
  if (!existsSync(join(worktree, ".git"))) return worktree;
  return [taskDir, gitDir].find((place) => !existsSync(place));
}

function isPlace(place: string | undefined): place is string {
  return place !== undefined;
}

function stopAt(place: string, why = ""): RunStop {
  return new RunStop(
    2,
    `${place} was removed while worknode used it${why}. What a task had kept there and not yet handed in is gone with it, ` +
      "and nothing more is done in its place. `worknode continue` makes it anew and does that task's work again.",
  );
}
