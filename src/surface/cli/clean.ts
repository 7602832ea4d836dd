import { cleanProject } from "../../crew/service/clean.js";
import { visibleJson } from "../../kernel/visible.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type Verb, writeLine } from "./context.js";
import { singleLine } from "./progress/paint.js";

/** `worknode clean`: takes away worktrees of cycles that have ended, and nothing that holds unmerged work. */
export const cleanVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "clean",
    "Take away worktrees and layers of cycles that have ended; nothing that holds unmerged work. Branches stay.",
  ).addOption(formatOption());
  return withArguments<{ outputFormat: OutputFormat }>(command, args, async ({ options }) => {
    const report = await cleanProject(context);
    if (options.outputFormat === "json") writeLine(context.out, visibleJson(report));
    else {
      for (const { cycle, task } of report.removed) writeLine(context.out, `removed  cycle ${cycle} ${task}`);
      for (const { cycle, task, reason } of report.kept)
        writeLine(context.out, `kept     cycle ${cycle} ${task}: ${singleLine(reason)}`);
      if (report.removed.length + report.kept.length === 0) writeLine(context.out, "Nothing to clean.");
    }
    return 0;
  });
};
