import { visibleJson } from "../../kernel/visible.js";
import { createNote } from "../../memory/notes.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type Verb, writeLine } from "./context.js";
import { asOption, speakerOf, valueOf } from "./person.js";
import { withMemory } from "./projects.js";

interface Flags {
  path?: string[];
  as?: string;
  outputFormat: OutputFormat;
}

/** `worknode note TEXT [--path FILE…]`: something the next session should know. */
export const noteVerb: Verb = (context, args) => {
  const command = describeVerb(context, "note", "Keep a note; the next brief tells it.")
    .argument("<text>", "what to remember")
    .option("--path <file...>", "files it is about")
    .addOption(asOption())
    .addOption(formatOption());
  return withArguments<Flags>(command, args, ({ options, values }) =>
    withMemory(context, (store, location) => {
      const { path: paths } = options;
      const note = { text: values[0] ?? "", ...(paths === undefined ? {} : { paths }) };
      const { id } = valueOf(createNote(store, note, { actor: speakerOf(context, location, options.as) }));
      writeLine(context.out, options.outputFormat === "json" ? visibleJson({ id }) : `Noted [${id}].`);
      return 0;
    }),
  );
};
