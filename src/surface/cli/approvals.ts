import { approvalLines } from "./approval-lines.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
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
