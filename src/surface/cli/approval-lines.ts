import { visible } from "../../kernel/visible.js";
import type { ApprovalRow } from "../../store/agent-rows.js";
import type { Paint } from "./progress/paint.js";

/** What is asked in one line: the id stands before what may be cut off. */
export function askedLine({ id, message }: Pick<ApprovalRow, "id" | "message">): string {
  const [first = "", ...more] = message.split("\n");
  return [`${first} (worknode approve ${id})`, ...more].join("\n");
}

/** Lines of a question that an overview shows. */
const OVERVIEW_LINES = 8;

/** Pending approvals as an overview shows them: what is long is shown whole where it is approved. */
export function approvalOverview(pending: readonly ApprovalRow[]): string[] {
  const short = pending.map((approval) => {
    const lines = approval.message.split("\n");
    const more = `(${lines.length - OVERVIEW_LINES} more lines: worknode approvals)`;
    if (lines.length <= OVERVIEW_LINES) return approval;
    return { ...approval, message: [...lines.slice(0, OVERVIEW_LINES), more].join("\n") };
  });
  return approvalLines(short);
}

/** Pending approvals as lines for people. */
export function approvalLines(pending: readonly ApprovalRow[], paint: Paint = (_, text) => text): string[] {
  if (pending.length === 0) return ["Nothing waits for a person."];
  return pending.flatMap((approval) => [
    `${approval.id}  cycle ${approval.cycle} ${approval.task ?? "-"}  ${approval.kind}  until ${new Date(approval.expires_at).toISOString()}`,
    ...questionLines(approval.message).map((line) => `  ${paintLine(line, paint)}`),
    `  worknode approve ${approval.id}   |   worknode reject ${approval.id} --reason TEXT`,
  ]);
}

/** A question line by line, harmless on a terminal, with nothing cut or left out: what is not shown cannot be approved. */
export function questionLines(message: string): string[] {
  const lines = message.split("\n").map((line) => {
    const text = visible(line.replaceAll("\t", "    "));
    return /^[+-] /.test(text) ? text.trimEnd() : text.replace(/\s+/g, " ").trim(); // indents of code say something
  });
  return lines.filter((line) => line !== "");
}

function paintLine(line: string, paint: Paint): string {
  if (line.startsWith("+ ")) return paint("green", line);
  return line.startsWith("- ") ? paint("red", line) : line;
}
