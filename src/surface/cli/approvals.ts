import type { ApprovalRow } from "../../store/agent-rows.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type Verb, writeLine } from "./context.js";
import { singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";

/** `worknode approvals`: what waits for a person, oldest first. */
export const approvalsVerb: Verb = (context, args) => {
  const command = describeVerb(context, "approvals", "List what waits for a person.").addOption(formatOption());
  return withArguments<{ outputFormat: OutputFormat }>(command, args, ({ options }) =>
    withStore(context, (store) => {
      const pending = store.queries.pendingApprovals(null);
      if (options.outputFormat === "json") writeLine(context.out, JSON.stringify({ approvals: pending }));
      else for (const line of approvalLines(pending)) writeLine(context.out, line);
      return 0;
    }),
  );
};

/** Pending approvals as lines for people. */
export function approvalLines(pending: readonly ApprovalRow[]): string[] {
  if (pending.length === 0) return ["Nothing waits for a person."];
  return pending.flatMap((approval) => [
    `${approval.id}  cycle ${approval.cycle} ${approval.task ?? "-"}  ${approval.kind}  until ${new Date(approval.expires_at).toISOString()}`,
    `  ${singleLine(approval.message)}`,
    `  worknode approve ${approval.id}   |   worknode reject ${approval.id} --reason TEXT`,
  ]);
}
