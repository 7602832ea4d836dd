import { Argument, InvalidArgumentError } from "commander";
import { newId } from "../../kernel/ids.js";
import { visibleJson } from "../../kernel/visible.js";
import { createDecision, type FoundDecision, searchDecisions, setDecisionStatus } from "../../memory/decisions.js";
import { type Decision, type DecisionStatus, decisionStatusSchema } from "../../schema/memory.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { asOption, speakerOf, valueOf } from "./person.js";
import { singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";
import { withMemory } from "./projects.js";

/** `worknode decisions add|search|supersede|status`. */
export const decisionsVerb: Verb = (context, args) => {
  const [name = "", ...rest] = args;
  if (name === "add") return addDecision(context, rest);
  if (name === "supersede") return addDecision(context, rest, true);
  if (name === "search") return findDecisions(context, rest);
  if (name === "status") return changeStatus(context, rest);
  const command = describeVerb(
    context,
    "decisions",
    "decisions add|search|supersede|status: record decisions and find them.",
  );
  return withArguments(command.argument("<add|search|supersede|status>"), args, async () => {
    context.err.write(`worknode decisions: '${name}' is none of add, search, supersede, status.\n`);
    return 2;
  });
};

interface AddFlags {
  id?: string;
  question: string;
  rationale: string;
  rejected?: string[];
  path?: string[];
  status?: Decision["status"];
  confidence: number;
  project?: string;
  as?: string;
  outputFormat: OutputFormat;
}

function addDecision(context: CliContext, args: readonly string[], supersedes = false): Promise<number> {
  const summary = supersedes ? "Record a decision that replaces another." : "Record a decision.";
  const command = describeVerb(context, `decisions ${supersedes ? "supersede" : "add"}`, summary);
  if (supersedes) command.argument("<old>", "id of the decision it replaces");
  command
    .argument("<decision>", "what was decided")
    .requiredOption("--question <text>", "what was to be decided")
    .option("--id <id>", "its id (default: a new one)")
    .option("--rationale <text>", "why", "")
    .option("--rejected <option=reason...>", "an alternative and why it was rejected")
    .option("--path <file...>", "files it concerns; when one changes, the brief calls it unverified")
    .option("--status <status>", "proposed, accepted, rejected or deprecated (default: accepted)")
    .option("--confidence <0..1>", "how sure", share, 1)
    .option("--project <name>", "project it belongs to")
    .addOption(asOption())
    .addOption(formatOption());
  return withArguments<AddFlags>(command, args, ({ options, values }) =>
    withMemory(context, (store, location) => {
      const [old, decision] = supersedes ? values : [undefined, ...values];
      const made = { made_by: speakerOf(context, location, options.as), timestamp: store.clock.nowMs() };
      const record = {
        ...recordOf(options, decision ?? ""),
        ...made,
        ...(old === undefined ? {} : { supersedes: old }),
      };
      const { id } = valueOf(createDecision(store, record));
      writeLine(context.out, options.outputFormat === "json" ? visibleJson({ id }) : `Recorded [${id}].`);
      return 0;
    }),
  );
}

interface StatusFlags {
  reason: string;
  as?: string;
  outputFormat: OutputFormat;
}

function changeStatus(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(
    context,
    "decisions status",
    "Accept, reject or deprecate a decision; what it says stays.",
  )
    .argument("<id>", "the decision")
    .addArgument(new Argument("<status>", "how it stands from now on").choices(decisionStatusSchema.options))
    .option("--reason <text>", "why", "")
    .addOption(asOption())
    .addOption(formatOption());
  return withArguments<StatusFlags>(command, args, ({ options, values }) =>
    withMemory(context, (store, location) => {
      const author = { actor: speakerOf(context, location, options.as) };
      const change = { id: values[0] ?? "", status: values[1] as DecisionStatus, reason: options.reason };
      const found = valueOf(setDecisionStatus(store, change, author));
      writeLine(
        context.out,
        options.outputFormat === "json" ? visibleJson(found) : `[${found.id}] is ${found.status}.`,
      );
      return 0;
    }),
  );
}

function recordOf(flags: AddFlags, decision: string): Omit<Decision, "made_by" | "timestamp"> {
  const { id = newId("D"), question, rationale, rejected = [], confidence } = flags;
  const optional = { paths: flags.path, status: flags.status, project: flags.project };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  const alternatives_rejected = rejected.map((text) => {
    const [option = "", ...reason] = text.split("=");
    return { option, reason: reason.join("=") };
  });
  return { id, question, decision, rationale, alternatives_rejected, confidence, ...given };
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) throw new InvalidArgumentError("It must be between 0 and 1.");
  return value;
}

interface SearchFlags {
  project?: string;
  limit: number;
  outputFormat: OutputFormat;
}

function findDecisions(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(
    context,
    "decisions search",
    "Find decisions by their words, best first; without words the newest.",
  )
    .argument("[words...]", "words, in any language; nothing in them is an operator")
    .option("--project <name>", "of one project")
    .option("--limit <count>", "at most so many", wholeNumber(1), 20)
    .addOption(formatOption());
  return withArguments<SearchFlags>(command, args, ({ options, values }) =>
    withStore(context, (store) => {
      const { project, limit } = options;
      const found = searchDecisions(store, {
        query: values.join(" "),
        limit,
        ...(project === undefined ? {} : { project }),
      });
      if (options.outputFormat === "json") writeLine(context.out, visibleJson({ decisions: found }));
      else for (const line of linesOf(found)) writeLine(context.out, line);
      return 0;
    }),
  );
}

function linesOf(found: readonly FoundDecision[]): string[] {
  if (found.length === 0) return ["Nothing found."];
  return found.map(({ id, question, decision, status, superseded_by, made_by, confidence }) => {
    const standing = superseded_by === undefined ? (status ?? "accepted") : `superseded by ${superseded_by}`;
    return `${id}  ${singleLine(question)}: ${singleLine(decision)} (${standing}, ${made_by}, confidence ${confidence})`;
  });
}
