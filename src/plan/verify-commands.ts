import type { PlanTask } from "../schema/plan-task.js";

/** One of the commands that verify a task. */
export interface VerifyCommand {
  readonly role: "compile" | "lint" | "test";
  readonly argv: readonly string[];
  readonly timeoutMs?: number;
}

/** The commands of a task's `verify`, in the order they run. */
export function verifyCommands(task: Pick<PlanTask, "verify">): VerifyCommand[] {
  const verify = task.verify;
  if (verify === undefined) return [];
  const timeout = verify.timeout === undefined ? {} : { timeoutMs: verify.timeout };
  return (["compile", "lint", "test"] as const).flatMap((role) => {
    const argv = verify[role];
    return argv === undefined ? [] : [{ role, argv, ...timeout }];
  });
}
