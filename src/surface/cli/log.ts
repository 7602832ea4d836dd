import { visibleJson } from "../../kernel/visible.js";
import type { AnyEvent } from "../../schema/event.js";
import { describeEvent, eventLine } from "../../store/lines.js";
import type { Store } from "../../store/store.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";

/** A log that fails its check was changed after it was written. */
const UNVERIFIED = 4;
/** Events held at once while printing. */
const PAGE = 500;

/** `worknode log`, `log verify`, `log rebuild`. */
export const logVerb: Verb = (context, args) => {
  if (args[0] === "verify") return verifyLog(context, args.slice(1));
  if (args[0] === "rebuild") return rebuildLog(context, args.slice(1));
  return printLog(context, args);
};

interface PrintOptions {
  json?: true;
  after: number;
  task?: string;
  cycle?: number;
  outputFormat: OutputFormat;
}

function printLog(context: CliContext, args: readonly string[]): Promise<number> {
  const summary = "Print the event log, oldest first. `log verify` checks its chain, `log rebuild` its tables.";
  const command = describeVerb(context, "log", summary)
    .option("--json", "one event a line; the same as --output-format stream-json")
    .option("--after <seq>", "only events after this number", wholeNumber(0), 0)
    .option("--task <id>", "only events of this task")
    .option("--cycle <n>", "only events of this cycle", wholeNumber(0))
    .addOption(formatOption(["text", "stream-json"]));
  return withArguments<PrintOptions>(command, args, ({ options }) =>
    withStore(context, (store) => {
      const json = options.json === true || options.outputFormat === "stream-json";
      for (const event of pagesOf(store, options)) {
        if (context.out.closed) break;
        writeLine(context.out, json ? visibleJson(eventLine(event)) : singleLine(describeEvent(event)));
      }
      return 0;
    }),
  );
}

/** The events asked for, a page in memory at a time. */
function* pagesOf(store: Store, options: PrintOptions): IterableIterator<AnyEvent> {
  const task = options.task === undefined ? {} : { task: options.task };
  const run = options.cycle === undefined ? {} : { run: options.cycle };
  for (let afterSeq: number | undefined = options.after; afterSeq !== undefined; ) {
    const page = store.events({ ...task, ...run, afterSeq, limit: PAGE });
    yield* page;
    afterSeq = page.length < PAGE ? undefined : page.at(-1)?.seq;
  }
}

function verifyLog(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(context, "log verify", "Check the hash chain of every event.").addOption(formatOption());
  return withArguments<{ outputFormat: OutputFormat }>(command, args, ({ options }) =>
    withStore(context, (store) => {
      const result = store.verify();
      const text = result.ok
        ? `The chain of ${result.events} event(s) is intact.`
        : `The chain breaks at event ${result.seq}: ${result.reason}. What stands before it is intact.`;
      writeLine(context.out, options.outputFormat === "json" ? visibleJson(result) : text);
      return result.ok ? 0 : UNVERIFIED;
    }),
  );
}

function rebuildLog(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(context, "log rebuild", "Rebuild every table from the log and compare.").addOption(
    formatOption(),
  );
  return withArguments<{ outputFormat: OutputFormat }>(command, args, ({ options }) =>
    withStore(
      context,
      (store) => {
        const result = store.rebuild();
        const text = result.equal
          ? "Every table was rebuilt from the log and is equal to what was there."
          : `Rebuilt; these differed and now follow the log:\n${result.differences.map((each) => `  ${each}`).join("\n")}`;
        writeLine(context.out, options.outputFormat === "json" ? visibleJson(result) : text);
        return result.equal ? 0 : UNVERIFIED;
      },
      { readonly: false },
    ),
  );
}
