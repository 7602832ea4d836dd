import { visibleJson } from "../../kernel/visible.js";
import type { ApprovalRow } from "../../store/agent-rows.js";
import { approvalLines } from "./approval-lines.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { paintFor } from "./progress/paint.js";
import { withStore } from "./project.js";
import { forEachProject } from "./projects.js";
import { approveByKey } from "./resolve.js";

/** `worknode approvals`: what waits for a person, oldest first. */
export const approvalsVerb: Verb = (context, args) => {
  const command = describeVerb(context, "approvals", "List what waits for a person.")
    .option("--all", "in every project of yours")
    .addOption(formatOption());
  return withArguments<{ all?: true; outputFormat: OutputFormat }>(command, args, async ({ options }) => {
    if (options.all === true) return await listAll(context, options.outputFormat);
    const pending = await withStore(context, (store) => store.queries.pendingApprovals(null));
    if (options.outputFormat === "json") writeLine(context.out, visibleJson({ approvals: pending }));
    else await showPending(context, pending);
    return 0;
  });
};

/** Where somebody sits at the terminal, each is shown by itself and can be approved at once. */
async function showPending(context: CliContext, pending: readonly ApprovalRow[]): Promise<void> {
  const { key } = context;
  const show = (some: readonly ApprovalRow[]): void => {
    for (const line of approvalLines(some, paintFor(context))) writeLine(context.out, line);
  };
  if (key === undefined || pending.length === 0) return show(pending);
  for (const one of pending) {
    show([one]);
    if (!(await approveByKey(context, one, key))) return;
  }
}

async function listAll(context: CliContext, format: OutputFormat): Promise<number> {
  const { answers: projects, exitCode } = await forEachProject(context, (store, project) => {
    return { project, approvals: store.queries.pendingApprovals(null) };
  });
  if (format === "json") writeLine(context.out, visibleJson({ projects }));
  const waiting = projects.filter(({ approvals }) => approvals.length > 0);
  const lines = waiting.flatMap(({ project, approvals }) => [project, ...approvalLines(approvals)]);
  if (format === "text")
    for (const line of lines.length === 0 ? approvalLines([]) : lines) writeLine(context.out, line);
  return exitCode;
}
