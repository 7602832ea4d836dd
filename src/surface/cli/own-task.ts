import { withProject } from "../../crew/cycle/project.js";
import { invalid } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import { OUTSIDE_CYCLES } from "../../memory/outside-cycles.js";
import { claimTask, finishTask } from "../../memory/own-tasks.js";
import { cycleOfTask } from "../../memory/plan-task.js";
import type { TaskRow } from "../../store/cycle-rows.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { asOption, speakerOf, valueOf } from "./person.js";
import { singleLine } from "./progress/paint.js";
import { withMemory } from "./projects.js";

/** Exit code of work the rules reject (DESIGN §13). */
const REJECTED = 4;

interface Flags {
  title?: string;
  release?: true;
  summary?: string;
  as?: string;
  outputFormat: OutputFormat;
}

/** `worknode claim [TASK] [--title TEXT]`: takes a task, adding it where it is new; one of a plan is done in its worktree. */
export const claimVerb: Verb = (context, args) => {
  const command = describeVerb(context, "claim", "Take a task for yourself; without an id the first that can start.")
    .argument("[task]", "its id")
    .option("--title <text>", "what it is about, where it is new")
    .option("--release", "give a claimed task of a plan back to its agents")
    .addOption(asOption())
    .addOption(formatOption());
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const [task] = values;
    if (task !== undefined && (await isOfPlan(context, task))) return await claimOfPlan(context, task, options);
    if (options.release === true) throw invalid("USAGE", "only a task of an open cycle can be given back.");
    const named = {
      ...(task === undefined ? {} : { task }),
      ...(options.title === undefined ? {} : { title: options.title }),
    };
    return await withMemory(context, (store, location) =>
      show(context, options, valueOf(claimTask(store, { ...named, by: speakerOf(context, location, options.as) }))),
    );
  });
};

/** `worknode done TASK [--summary TEXT]`: the claimed task is done; of a plan's the rules decide (exit 4 where they reject it). */
export const doneVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "done",
    "Hand in a task you claimed. One of a plan is done when the rules accept its worktree.",
  )
    .argument("<task>", "its id")
    .option("--summary <text>", "what was done")
    .addOption(asOption())
    .addOption(formatOption());
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const [task = ""] = values;
    if (await isOfPlan(context, task)) return await finishOfPlan(context, task, options);
    return await withMemory(context, (store, location) => {
      const said = options.summary === undefined ? {} : { summary: options.summary };
      const by = speakerOf(context, location, options.as);
      return show(context, options, valueOf(finishTask(store, { task, ...said, by })));
    });
  });
};

function isOfPlan(context: CliContext, task: string): Promise<boolean> {
  return withMemory(
    context,
    (store) => store.queries.task(OUTSIDE_CYCLES, task) === undefined && cycleOfTask(store, task) !== undefined,
  );
}

async function claimOfPlan(context: CliContext, task: string, options: Flags): Promise<number> {
  const { claimPlanTask, releasePlanTask } = await import("../../crew/service/person-task.js");
  return await withProject(context, async (project) => {
    const person = { task, by: speakerOf(context, project.repository, options.as) };
    const release = options.release === true;
    const row = valueOf(await (release ? releasePlanTask : claimPlanTask)(project, person, context));
    show(context, options, row);
    if (options.outputFormat !== "json" && !release)
      writeLine(context.out, `Work in ${row.worktree ?? ""}, then \`worknode done ${task}\`.`);
    return 0;
  });
}

async function finishOfPlan(context: CliContext, task: string, options: Flags): Promise<number> {
  const { finishPlanTask } = await import("../../crew/service/person-task.js");
  return await withProject(context, async (project) => {
    const by = speakerOf(context, project.repository, options.as);
    const handed = { task, by, summary: options.summary ?? "" };
    const { row, completion } = valueOf(await finishPlanTask(project, handed, context));
    if (completion.kind === "accepted") return show(context, options, row);
    context.err.write(`worknode: ${task} is rejected: ${completion.feedback}\n`);
    return REJECTED;
  });
}

function show(context: CliContext, options: Flags, row: TaskRow): number {
  const { id, title, status, agent } = row;
  const text = `${id} (${singleLine(title)}): ${status}, ${agent ?? "nobody"}`;
  writeLine(context.out, options.outputFormat === "json" ? visibleJson(row) : text);
  return 0;
}
