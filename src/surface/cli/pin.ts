import { visibleJson } from "../../kernel/visible.js";
import { pinRecord } from "../../memory/pins.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type Verb, writeLine } from "./context.js";
import { asOption, speakerOf, valueOf } from "./person.js";
import { withMemory } from "./projects.js";

interface Flags {
  as?: string;
  outputFormat: OutputFormat;
}

/** `worknode pin ID`: briefs tell the record before others. */
export const pinVerb: Verb = pinning(true);
/** `worknode unpin ID`. */
export const unpinVerb: Verb = pinning(false);

function pinning(pinned: boolean): Verb {
  const [name, summary] = pinned
    ? ["pin", "Have briefs tell a decision, an issue's fix or a note before others, however old it is."]
    : ["unpin", "Undo a pin."];
  return (context, args) => {
    const command = describeVerb(context, name, summary)
      .argument("<id>", "as the brief cites it")
      .addOption(asOption())
      .addOption(formatOption());
    return withArguments<Flags>(command, args, ({ options, values }) =>
      withMemory(context, (store, location) => {
        const author = { actor: speakerOf(context, location, options.as) };
        const pin = valueOf(pinRecord(store, { id: values[0] ?? "", pinned }, author));
        const told = pinned ? `Pinned [${pin.id}].` : `[${pin.id}] is not pinned.`;
        writeLine(context.out, options.outputFormat === "json" ? visibleJson(pin) : told);
        return 0;
      }),
    );
  };
}
