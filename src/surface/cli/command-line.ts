import type { CliContext } from "./context.js";
import { VERBS, type VerbEntry } from "./verbs.js";

const USAGE = 2;
const VERSION = new Set(["--version", "-V"]);
const HELP = new Set(["--help", "-h", "help"]);

/**
 * Does what the arguments say and answers the exit code; never throws. Loads nothing before the verb is
 * known: start-up is what a short command costs.
 */
export async function runCommandLine(context: CliContext, args: readonly string[]): Promise<number> {
  try {
    return await decide(context, args);
  } catch (thrown) {
    const { reportFault } = await import("./report-fault.js");
    return await reportFault(context, thrown);
  }
}

async function decide(context: CliContext, args: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = args;
  if (VERSION.has(name)) return await (await import("./version.js")).versionVerb(context, rest);
  if (HELP.has(name)) return await help(context, rest);
  const verb = findVerb(name);
  return verb === undefined ? unknownVerb(context, name) : await (await verb.load())(context, rest);
}

function findVerb(name: string): VerbEntry | undefined {
  return Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
}

async function help(context: CliContext, args: readonly string[]): Promise<number> {
  const topic = args.find((each) => !each.startsWith("-"));
  if (topic !== undefined) {
    const verb = findVerb(topic);
    return verb === undefined ? unknownVerb(context, topic) : await (await verb.load())(context, ["--help"]);
  }
  const { helpText } = await import("./help.js");
  context.out.write(helpText(VERBS, args.includes("--all")));
  return 0;
}

function unknownVerb(context: CliContext, name: string): number {
  context.err.write(`worknode: there is no verb '${name}'. \`worknode help --all\` lists them.\n`);
  return USAGE;
}
