import type { ApprovalRow } from "../../store/agent-rows.js";
import { singleLine } from "./progress/paint.js";

/** Pending approvals as lines for people. */
export function approvalLines(pending: readonly ApprovalRow[]): string[] {
  if (pending.length === 0) return ["Nothing waits for a person."];
  return pending.flatMap((approval) => [
    `${approval.id}  cycle ${approval.cycle} ${approval.task ?? "-"}  ${approval.kind}  until ${new Date(approval.expires_at).toISOString()}`,
    `  ${singleLine(approval.message)}`,
    `  worknode approve ${approval.id}   |   worknode reject ${approval.id} --reason TEXT`,
  ]);
}
