import { appendFileSync, readFileSync } from "node:fs";
import { type KeepStep, keepChanges, recoverJournal } from "../../../src/effect/keep/keep.js";
import type { KeepChange } from "../../../src/effect/keep/prepared.js";
import type { TaskWorkspace } from "../../../src/effect/workspace/workspace.js";
import { issuePermit } from "../../../src/gate/permit.js";

/** What the journal scenario tells its child, as JSON in a file named by the only argument. */
export interface KeepOrder {
  readonly workspace: Pick<TaskWorkspace, "worktree" | "taskDir" | "journalDir">;
  readonly verb: "keep" | "recover";
  readonly changes: readonly KeepChange[];
  /** Steps passed before the process kills itself; beyond the last one it lives. */
  readonly killAfter: number;
  /** Stands for the store: a line for each record, written like one transaction. */
  readonly recordFile: string;
}

const order = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as KeepOrder;
const workspace = order.workspace as TaskWorkspace;
let steps = 0;

function onStep(_step: KeepStep): void {
  if (steps === order.killAfter) process.kill(process.pid, "SIGKILL");
  steps += 1;
}

/** Idempotent, as recovery requires: a call that is recorded is not recorded again. */
function record(callId: string): void {
  const known = readFileSync(order.recordFile, "utf8").split("\n");
  if (!known.includes(callId)) appendFileSync(order.recordFile, `${callId}\n`);
}

if (order.verb === "keep") {
  const permit = issuePermit({ callId: "call", argsHash: "0".repeat(64) });
  const prepared = { argsHash: "0".repeat(64), changes: order.changes };
  await keepChanges(
    permit,
    workspace,
    { callId: "call", prepared, result: { content: "done" }, record: () => record("call") },
    { onStep },
  );
} else {
  await recoverJournal(workspace, ({ callId }) => record(callId), { onStep });
}
process.stdout.write(String(steps));
