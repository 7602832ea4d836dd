import type { ApprovalRow } from "../../store/agent-rows.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";
import { forEachProject } from "./projects.js";

/** `worknode approvals`: what waits for a person, oldest first. */
export const approvalsVerb: Verb = (context, args) => {
  const command = describeVerb(context, "approvals", "List what waits for a person.")
    .option("--all", "in every project of yours")
    .addOption(formatOption());
  return withArguments<{ all?: true; outputFormat: OutputFormat }>(command, args, async ({ options }) => {
    if (options.all === true) return await listAll(context, options.outputFormat);
    return await withStore(context, (store) => {
      const pending = store.queries.pendingApprovals(null);
      if (options.outputFormat === "json") writeLine(context.out, JSON.stringify({ approvals: pending }));
      else for (const line of approvalLines(pending)) writeLine(context.out, line);
      return 0;
    });
  });
};

async function listAll(context: CliContext, format: OutputFormat): Promise<number> {
  const projects = await forEachProject(context, (store, project) => {
    return { project, approvals: store.queries.pendingApprovals(null) };
  });
  if (format === "json") writeLine(context.out, JSON.stringify({ projects }));
  const waiting = projects.filter(({ approvals }) => approvals.length > 0);
  const lines = waiting.flatMap(({ project, approvals }) => [project, ...approvalLines(approvals)]);
  if (format === "text")
    for (const line of lines.length === 0 ? approvalLines([]) : lines) writeLine(context.out, line);
  return 0;
}

/** Pending approvals as lines for people. */
export function approvalLines(pending: readonly ApprovalRow[]): string[] {
  if (pending.length === 0) return ["Nothing waits for a person."];
  return pending.flatMap((approval) => [
    `${approval.id}  cycle ${approval.cycle} ${approval.task ?? "-"}  ${approval.kind}  until ${new Date(approval.expires_at).toISOString()}`,
    `  ${singleLine(approval.message)}`,
    `  worknode approve ${approval.id}   |   worknode reject ${approval.id} --reason TEXT`,
  ]);
}
