import { visibleJson } from "../../kernel/visible.js";
import { createIssue, type IssueSearch, recordFixOutcome, resolveIssue, searchIssues } from "../../memory/issues.js";
import type { IssueRow } from "../../store/memory-rows.js";
import type { Store } from "../../store/store.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { asOption, speakerOf, valueOf } from "./person.js";
import { singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";
import { withMemory } from "./projects.js";

const SUBVERBS: Readonly<Record<string, Verb>> = { add, search, resolve, outcome };

/** `worknode issues add|search|resolve|outcome`. */
export const issuesVerb: Verb = (context, args) => {
  const [name = "", ...rest] = args;
  const subverb = Object.hasOwn(SUBVERBS, name) ? SUBVERBS[name] : undefined;
  if (subverb !== undefined) return subverb(context, rest);
  const names = Object.keys(SUBVERBS);
  const command = describeVerb(context, "issues", `issues ${names.join("|")}: record errors and find their fixes.`);
  return withArguments(command.argument(`<${names.join("|")}>`), args, async () => {
    context.err.write(`worknode issues: '${name}' is none of ${names.join(", ")}.\n`);
    return 2;
  });
};

interface Flags {
  type: string;
  file?: string;
  fix?: string;
  cause: string;
  patch?: string;
  resolved?: true;
  open?: true;
  worked?: true;
  limit: number;
  as?: string;
  outputFormat: OutputFormat;
}

function add(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(context, "issues add", "Record an error, with its fix when it is known.")
    .argument("<error>", "what was said")
    .option("--type <type>", "its kind", "ERROR")
    .option("--file <path>", "where")
    .option("--fix <text>", "what got rid of it")
    .option("--cause <text>", "why it came", "")
    .option("--patch <text>", "the change itself")
    .addOption(asOption())
    .addOption(formatOption());
  return recording(context, { command, args }, (store, value, { options, by }) => {
    const { type, file, fix } = options;
    const solved = fix === undefined ? { resolved: false } : { resolved: true, solution: solutionOf(options, fix) };
    return createIssue(store, { type, error: value, ...(file === undefined ? {} : { file }), ...solved }, by);
  });
}

/** Records what a person says of the one value a command takes, and shows the issue as it stands then. */
function recording(
  context: CliContext,
  { command, args }: { command: ReturnType<typeof describeVerb>; args: readonly string[] },
  record: (
    store: Store,
    value: string,
    said: { options: Flags; by: { actor: string } },
  ) => ReturnType<typeof resolveIssue>,
): Promise<number> {
  return withArguments<Flags>(command, args, ({ options, values }) =>
    withMemory(context, (store, location) => {
      const by = { actor: speakerOf(context, location, options.as) };
      return show(context, options, valueOf(record(store, values[0] ?? "", { options, by })));
    }),
  );
}

function solutionOf({ cause, patch }: Flags, fix: string): NonNullable<IssueRow["solution"]> {
  return { fix, root_cause: cause, ...(patch === undefined ? {} : { patch }) };
}

function resolve(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(context, "issues resolve", "Close an issue with what got rid of it.")
    .argument("<id>", "the issue")
    .requiredOption("--fix <text>", "what got rid of it")
    .option("--cause <text>", "why it came", "")
    .option("--patch <text>", "the change itself")
    .addOption(asOption())
    .addOption(formatOption());
  return recording(context, { command, args }, (store, id, { options, by }) =>
    resolveIssue(store, { id, solution: solutionOf(options, options.fix ?? "") }, by),
  );
}

function outcome(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(
    context,
    "issues outcome",
    "Say whether an issue's known fix worked; fixes that do are told first.",
  )
    .argument("<id>", "the issue")
    .option("--worked", "it did (without: it did not)")
    .addOption(asOption())
    .addOption(formatOption());
  return recording(context, { command, args }, (store, id, { options, by }) =>
    recordFixOutcome(store, { id, worked: options.worked === true }, by),
  );
}

function search(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(
    context,
    "issues search",
    "Find errors like one, best first; without words the last seen.",
  )
    .argument("[words...]", "an error or words of it; nothing in them is an operator")
    .option("--file <path>", "prefer this file")
    .option("--resolved", "only those with a known fix")
    .option("--open", "only those without")
    .option("--limit <count>", "at most so many", wholeNumber(1), 20)
    .addOption(formatOption());
  return withArguments<Flags>(command, args, ({ options, values }) =>
    withStore(context, async (store) => {
      const found = valueOf(await searchIssues(store, searchOf(options, values)));
      if (options.outputFormat === "json") writeLine(context.out, visibleJson({ issues: found }));
      else if (found.length === 0) writeLine(context.out, "Nothing found.");
      else for (const row of found) writeLine(context.out, lineOf(row));
      return 0;
    }),
  );
}

function searchOf({ file, resolved, open, limit }: Flags, values: readonly string[]): IssueSearch {
  const wanted = resolved === true || open === true ? { resolved: resolved === true } : {};
  return { query: values.join(" "), limit, ...wanted, ...(file === undefined ? {} : { file }) };
}

function show(context: CliContext, { outputFormat }: Flags, row: IssueRow): number {
  writeLine(context.out, outputFormat === "json" ? visibleJson(row) : lineOf(row));
  return 0;
}

function lineOf({ id, type, error, solution, count, applied, worked }: IssueRow): string {
  const fix = solution === undefined ? "open" : `fix: ${singleLine(solution.fix)}`;
  const tried = applied === 0 ? "" : `, worked ${worked} of ${applied}`;
  return `${id}  ${type} ${singleLine(error)} (seen ${count} times${tried}); ${fix}`;
}
