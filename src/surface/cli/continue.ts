import { existsSync } from "node:fs";
import { projectBrief, renderBrief } from "../../memory/brief.js";
import type { AnyEvent } from "../../schema/event.js";
import { openStore } from "../../store/store.js";
import { describeVerb, formatOption, withArguments } from "./arguments.js";
import { sayNothing } from "./brief.js";
import type { CliContext, Verb } from "./context.js";
import { locateProject } from "./project.js";
import { modeOption, type SessionFlags, showSession } from "./session.js";

interface Flags extends SessionFlags {
  brief?: true;
}

/** `worknode continue`: prints the brief in the sources' words and carries on (S3:447-465). */
export const continueVerb: Verb = (context, args) => {
  const command = describeVerb(context, "continue", "Say where the last run stood, and carry on from there.")
    .option("--brief", "print it and start nothing")
    .addOption(modeOption())
    .addOption(formatOption(["text", "json", "stream-json"]));
  return withArguments<Flags>(command, args, ({ options }) => resume(context, options));
};

async function resume(context: CliContext, flags: Flags): Promise<number> {
  const standing = readStanding(context);
  if (typeof standing === "number") return standing;
  const screen = flags.outputFormat === "text" ? context.out : context.err;
  screen.write(standing.brief);
  if (flags.brief === true) return 0;
  const { continueRun } = await import("../../crew/session.js");
  return await showSession(context, flags, (session, progress) => {
    progress.seed(standing.events);
    return continueRun(session);
  });
}

/** The brief and the cycle's events so far; or the exit code where nothing is incomplete. */
function readStanding(context: CliContext): { brief: string; events: AnyEvent[] } | number {
  const { databasePath } = locateProject(context);
  if (!existsSync(databasePath)) return sayNothing(context, undefined);
  const store = openStore(databasePath, { readonly: true });
  try {
    const brief = projectBrief(store);
    if (brief === undefined) return sayNothing(context, store);
    return { brief: renderBrief(brief), events: store.events({ run: brief.cycle }) };
  } finally {
    store.close();
  }
}
