import { type CliContext, writeLine } from "./context.js";
import { VERBS } from "./verbs.js";

const USAGE = 2;

/**
 * Does what the arguments say and answers the exit code; never throws. Loads nothing before the verb is
 * known: start-up is what a short command costs.
 */
export async function runCommandLine(context: CliContext, args: readonly string[]): Promise<number> {
  try {
    return await decide(context, args);
  } catch (thrown) {
    const { reportFault } = await import("./report-fault.js");
    return reportFault(context, thrown);
  }
}

async function decide(context: CliContext, args: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = args;
  if (isBrief(args)) return await (await import("./brief.js")).briefVerb(context, rest);
  if (name === "--version" || name === "-V") return await (await import("./version.js")).versionVerb(context, rest);
  if (name === "--help" || name === "-h" || name === "help") return await help(context, rest);
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) return unknownVerb(context, name);
  return await (await verb.load())(context, rest);
}

/** `continue --brief` alone takes the lean way: no parser, no schemas, only the store and the brief. */
function isBrief(args: readonly string[]): boolean {
  return args.length === 2 && args[0] === "continue" && args[1] === "--brief";
}

async function help(context: CliContext, args: readonly string[]): Promise<number> {
  const topic = args.find((each) => !each.startsWith("-"));
  const verb = topic !== undefined && Object.hasOwn(VERBS, topic) ? VERBS[topic] : undefined;
  if (verb !== undefined) return await (await verb.load())(context, ["--help"]);
  if (topic !== undefined) return unknownVerb(context, topic);
  const { helpText } = await import("./help.js");
  context.out.write(helpText(args.includes("--all")));
  return 0;
}

function unknownVerb(context: CliContext, name: string): number {
  writeLine(context.err, `worknode: there is no verb '${name}'. \`worknode help --all\` lists them.`);
  return USAGE;
}
