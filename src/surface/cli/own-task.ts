import { claimTask, finishTask } from "../../memory/own-tasks.js";
import type { TaskRow } from "../../store/cycle-rows.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { asOption, speakerOf, valueOf } from "./person.js";
import { singleLine } from "./progress/paint.js";
import { withMemory } from "./projects.js";

interface Flags {
  title?: string;
  summary?: string;
  as?: string;
  outputFormat: OutputFormat;
}

/** `worknode claim [TASK] [--title TEXT]`: takes a task outside plans, adding it where it is new. */
export const claimVerb: Verb = (context, args) => {
  const command = describeVerb(context, "claim", "Take a task for yourself; without an id the first that can start.")
    .argument("[task]", "its id")
    .option("--title <text>", "what it is about, where it is new")
    .addOption(asOption())
    .addOption(formatOption());
  return withArguments<Flags>(command, args, ({ options, values }) =>
    withMemory(context, (store, location) => {
      const [task] = values;
      const named = {
        ...(task === undefined ? {} : { task }),
        ...(options.title === undefined ? {} : { title: options.title }),
      };
      return show(
        context,
        options,
        valueOf(claimTask(store, { ...named, by: speakerOf(context, location, options.as) })),
      );
    }),
  );
};

/** `worknode done TASK [--summary TEXT]`: the claimed task is done. */
export const doneVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "done",
    "Say that a task you claimed is done. Tasks of plans are done when the gate accepts them.",
  )
    .argument("<task>", "its id")
    .option("--summary <text>", "what was done")
    .addOption(asOption())
    .addOption(formatOption());
  return withArguments<Flags>(command, args, ({ options, values }) =>
    withMemory(context, (store, location) => {
      const said = options.summary === undefined ? {} : { summary: options.summary };
      const by = speakerOf(context, location, options.as);
      return show(context, options, valueOf(finishTask(store, { task: values[0] ?? "", ...said, by })));
    }),
  );
};

function show(context: CliContext, options: Flags, row: TaskRow): number {
  const { id, title, status, agent } = row;
  const text = `${id} (${singleLine(title)}): ${status}, ${agent ?? "nobody"}`;
  writeLine(context.out, options.outputFormat === "json" ? JSON.stringify(row) : text);
  return 0;
}
