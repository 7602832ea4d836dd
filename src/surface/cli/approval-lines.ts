import type { ApprovalRow } from "../../store/agent-rows.js";
import { harmless, type Paint } from "./progress/paint.js";

/** Pending approvals as lines for people. */
export function approvalLines(pending: readonly ApprovalRow[], paint: Paint = (_, text) => text): string[] {
  if (pending.length === 0) return ["Nothing waits for a person."];
  return pending.flatMap((approval) => [
    `${approval.id}  cycle ${approval.cycle} ${approval.task ?? "-"}  ${approval.kind}  until ${new Date(approval.expires_at).toISOString()}`,
    ...questionLines(approval.message).map((line) => `  ${paintLine(line, paint)}`),
    `  worknode approve ${approval.id}   |   worknode reject ${approval.id} --reason TEXT`,
  ]);
}

/** A question line by line, harmless on a terminal and never cut: what is not shown cannot be approved. */
export function questionLines(message: string): string[] {
  const lines = message.split("\n").map((line) => harmless(line).replace(/\s+/g, " ").trim());
  return lines.filter((line) => line !== "");
}

function paintLine(line: string, paint: Paint): string {
  if (line.startsWith("+ ")) return paint("green", line);
  return line.startsWith("- ") ? paint("red", line) : line;
}
