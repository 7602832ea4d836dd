import { resolvePath } from "../../gate/path.js";
import { err, type Result } from "../../kernel/result.js";
import type { TaskWorkspace } from "./workspace.js";

/** The workspace-relative path an agent's `raw` path means, by the gate's path rules; else why it is refused. */
export function toolPath(workspace: TaskWorkspace, raw: string): Result<string, string> {
  const resolved = resolvePath(raw, workspace.shownRoot);
  return resolved.ok ? resolved : err(`${resolved.error}: ${JSON.stringify(raw).slice(0, 300)}`);
}
