import type { TaskWorkspace } from "../effect/workspace.js";
import { messageOf } from "../kernel/fault.js";
import { TaskFailure } from "./task-status.js";
import { branchFiles } from "./workspaces.js";

/** Reads the files that expressions name literally, before they are evaluated. */
export async function files(workspace: TaskWorkspace, expressions: readonly string[]): ReturnType<typeof branchFiles> {
  const named = expressions.flatMap((text) =>
    [...text.matchAll(/files\.(?:exist|read)\(\s*(['"])(.*?)\1\s*\)/g)].map((hit) => hit[2] ?? ""),
  );
  try {
    return await branchFiles(workspace, named);
  } catch (thrown) {
    throw new TaskFailure(`files named by the plan cannot be read: ${messageOf(thrown)}`);
  }
}
