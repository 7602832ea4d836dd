import { appendFileSync, readFileSync } from "node:fs";
import type { KeepStep } from "../../../src/effect/keep/keep.js";
import { keepLogged, type LoggedWrite } from "../../../src/effect/keep/keep-logged.js";
import type { TaskWorkspace } from "../../../src/effect/workspace/workspace.js";
import { issuePermit } from "../../../src/gate/permit.js";

/** What the scenario of logged writes tells its child, as JSON in a file named by the only argument. */
export interface WriteOrder {
  readonly workspace: Pick<TaskWorkspace, "worktree" | "taskDir" | "journalDir">;
  readonly write: LoggedWrite;
  /** Steps passed before the process kills itself; beyond the last one it lives. */
  readonly killAfter: number;
  /** Stands for the log: a line for each call recorded as kept. */
  readonly recordFile: string;
}

const order = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as WriteOrder;
const workspace = order.workspace as TaskWorkspace;
const { callId, change, content } = order.write;
let steps = 0;

function onStep(_step: KeepStep): void {
  if (steps === order.killAfter) process.kill(process.pid, "SIGKILL");
  steps += 1;
}

const argsHash = "0".repeat(64);
const permit = issuePermit({ callId, argsHash });
const prepared = { argsHash, changes: [{ ...change, kind: change.kind as "add" | "modify", content }] };
const kept = await keepLogged(permit, workspace, { callId, prepared }, { onStep });
if (!kept.ok) throw new Error(kept.error);
appendFileSync(order.recordFile, "kept\n");
process.stdout.write(String(steps));
