import { existsSync } from "node:fs";
import { requireFree } from "../../crew/cycle/busy.js";
import { invalid } from "../../kernel/fault.js";
import { visible, visibleJson } from "../../kernel/visible.js";
import { type Brief, projectBrief, renderBrief } from "../../memory/brief.js";
import { OUTSIDE_CYCLES } from "../../memory/outside-cycles.js";
import type { AnyEvent } from "../../schema/event.js";
import { DRAFTING } from "../../store/sql/read-latest-incomplete-cycle.js";
import { openStore, type Store } from "../../store/store.js";
import { describeVerb, formatOption, wholeNumber, withArguments } from "./arguments.js";
import { sayNothing } from "./brief.js";
import type { CliContext, Verb } from "./context.js";
import { notifyOption } from "./notice.js";
import { locateProject } from "./project.js";
import { ciOption, modeOption, type SessionFlags, showSession } from "./session.js";

interface Flags extends SessionFlags {
  brief?: true;
  json?: true;
  budget?: number;
  task?: string;
  agent?: string;
  detach?: true;
}

/** Exit code where only a person can go on: what is open is outside plans (DESIGN §13). */
const PERSON_NEEDED = 6;

/** `worknode continue`: prints the brief in the sources' words and carries on (S3:447-465). */
export const continueVerb: Verb = (context, args) => {
  const command = describeVerb(context, "continue", "Say where the last run stood, and carry on from there.")
    .option("--brief", "print it and start nothing")
    .option("--json", "print the brief as one JSON object and start nothing")
    .option("--budget <tokens>", "size of the brief (estimated as characters / 3.5)", wholeNumber(1))
    .option("--task <id>", "with --brief or --json: of one task")
    .option("--agent <id>", "with --brief or --json: of one agent or person")
    .option("--detach", "carry on as a process of its own that outlives this terminal")
    .addOption(notifyOption())
    .addOption(modeOption())
    .addOption(ciOption().conflicts("detach"))
    .addOption(formatOption(["text", "json", "stream-json"]));
  return withArguments<Flags>(command, args, async ({ options }) => {
    if (options.detach !== true) return await resume(context, options);
    const { runDetached } = await import("./detached.js");
    return await runDetached(context, {
      args: ["continue", ...args],
      plan: undefined,
      yes: false,
      notify: options.notify,
    });
  });
};

async function resume(context: CliContext, flags: Flags): Promise<number> {
  if (flags.brief === true || flags.json === true) return tell(context, flags);
  if ((flags.task ?? flags.agent) !== undefined)
    throw invalid("USAGE", "--task and --agent choose what a brief tells; add --brief or --json.");
  const standing = readStanding(context, flags, eventsOf);
  if (typeof standing === "number") return standing;
  const screen = flags.outputFormat === "text" ? context.out : context.err;
  screen.write(visible(renderBrief(standing.brief)));
  if (standing.brief.cycle === OUTSIDE_CYCLES) return PERSON_NEEDED;
  return await goOn(context, flags, standing.more);
}

async function goOn(context: CliContext, flags: Flags, before: readonly AnyEvent[]): Promise<number> {
  if (before.some(isDrafting)) {
    const { continueDrafting } = await import("./draft.js");
    return await continueDrafting(context, flags.outputFormat);
  }
  const { continueRun } = await import("../../crew/cycle/session.js");
  return await showSession(context, flags, (session, progress) => {
    progress.seed(before);
    return continueRun(session);
  });
}

/** Whether a cycle is the making of a draft. */
function isDrafting(event: AnyEvent): boolean {
  return event.type === "CYCLE_STARTED" && event.payload.plan_path === DRAFTING;
}

/** Prints the brief and starts nothing. */
function tell(context: CliContext, flags: Flags): number {
  const standing = readStanding(context, flags, () => undefined);
  if (typeof standing === "number") return standing;
  context.out.write(flags.json === true ? `${visibleJson(standing.brief)}\n` : visible(renderBrief(standing.brief)));
  return 0;
}

/** What the screen begins with. Throws Fault CYCLE_BUSY before anything is said to start. */
function eventsOf(brief: Brief, store: Store): AnyEvent[] {
  if (brief.cycle !== OUTSIDE_CYCLES) requireFree(store.lease, brief.cycle);
  return brief.cycle === OUTSIDE_CYCLES ? [] : store.events({ run: brief.cycle });
}

function subjectOf({ task, agent, budget }: Flags): Parameters<typeof projectBrief>[1] {
  const given = { task, agent, budgetTokens: budget };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The brief and what else is read with it; or the exit code where nothing is incomplete. */
function readStanding<T>(
  context: CliContext,
  flags: Flags,
  read: (brief: Brief, store: Store) => T,
): { brief: Brief; more: T } | number {
  const { databasePath } = locateProject(context);
  if (!existsSync(databasePath)) return sayNothing(context, undefined);
  const store = openStore(databasePath, { readonly: true });
  try {
    const brief = projectBrief(store, subjectOf(flags));
    return brief === undefined ? sayNothing(context, store) : { brief, more: read(brief, store) };
  } finally {
    store.close();
  }
}
