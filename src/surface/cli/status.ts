import { visibleJson } from "../../kernel/visible.js";
import { describeVerb, formatOption, wholeNumber, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { paintFor } from "./progress/paint.js";
import { withStore } from "./project.js";
import { forEachProject } from "./projects.js";
import { printStatus, reportOf, type StatusOptions, statusLines } from "./status-report.js";

interface Options extends StatusOptions {
  all?: true;
  watch?: true;
}

/** `worknode status`: the newest cycle, or the one named: its tasks, agents, costs, and what waits. */
export const statusVerb: Verb = (context, args) => {
  const command = describeVerb(context, "status", "Show the newest cycle: tasks, agents, costs and what waits.")
    .option("--cycle <n>", "another cycle", wholeNumber(1))
    .option("--all", "every project of yours")
    .option("--watch", "again on every change, until the run under way ends")
    .addOption(formatOption());
  return withArguments<Options>(command, args, async ({ options }) => {
    if (options.all === true) return await showAll(context, options);
    return await withStore(context, async (store) => {
      const show = (): void => printStatus(context, store, options);
      if (options.watch === true) return await (await import("./watch-status.js")).watchStatus(context, store, show);
      show();
      return 0;
    });
  });
};

async function showAll(context: CliContext, { outputFormat }: Options): Promise<number> {
  if (outputFormat === "json") {
    const { answers: projects, exitCode } = await forEachProject(context, (store, project) => {
      return { project, ...reportOf(store, store.queries.maxCycle()) };
    });
    writeLine(context.out, visibleJson({ projects }));
    return exitCode;
  }
  const { answers: projects, exitCode } = await forEachProject(context, (store, project) => {
    return [project, ...statusLines(store, store.queries.maxCycle(), paintFor(context))];
  });
  if (projects.length === 0) writeLine(context.out, "No project yet. `worknode run PLAN` in a repository starts one.");
  for (const line of projects.flat()) writeLine(context.out, line);
  return exitCode;
}
