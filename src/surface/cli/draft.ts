import { type Estimate, estimatePlan } from "../../crew/cycle/estimate.js";
import { continueDraft, type DraftReport, draftPlan } from "../../crew/service/draft.js";
import { invalid } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import type { AnyEvent } from "../../schema/event.js";
import type { Plan } from "../../schema/plan.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { estimateLine } from "./progress/estimate-text.js";
import { harmless, singleLine } from "./progress/paint.js";
import { createProgress, silentProgress } from "./progress/progress.js";
import { withStore } from "./project.js";

const UNSOUND = 4;
const PERSON = 6;
/** What a draft may cost unless told otherwise, in US dollars. */
const DRAFT_USD = "1";

interface Flags {
  files?: string[];
  draftUsd: string;
  yes?: true;
  outputFormat: OutputFormat;
}

/** `worknode plan new GOAL`: drafts, lints, shows; nothing runs. */
export const planNewVerb: Verb = (context, args) => {
  const command = describeDraft(
    context,
    "plan new",
    "Have the executive read the repository and draft a plan; nothing runs.",
  );
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    return tell(context, await draft(context, values[0] ?? "", options), options.outputFormat);
  });
};

/** Goes on with a draft that was interrupted, for `worknode continue`. */
export async function continueDrafting(context: CliContext, outputFormat: OutputFormat): Promise<number> {
  const { cwd, env, signal } = context;
  const drafted = await showDrafting(context, outputFormat, (onEvent) => continueDraft({ cwd, env, signal, onEvent }));
  if (drafted !== undefined) return tell(context, drafted, outputFormat);
  throw invalid(
    "CYCLE_BUSY",
    "the draft is being made by another process, or the repository went on since it was begun.",
  );
}

function tell(context: CliContext, drafted: Drafted, outputFormat: OutputFormat): number {
  if (outputFormat !== "text") writeLine(context.out, visibleJson(reportOf(drafted)));
  else for (const line of draftLines(drafted)) writeLine(context.out, line);
  return drafted.plan === undefined ? UNSOUND : 0;
}

/** `worknode do GOAL`: drafts, shows, asks once, runs. */
export const doVerb: Verb = (context, args) => {
  const command = describeDraft(context, "do", "Draft a plan for a goal, show it, ask once, and run it.").option(
    "--yes",
    "approve the draft as it is",
  );
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const drafted = await draft(context, values[0] ?? "", options);
    for (const line of draftLines(drafted)) writeLine(context.err, line);
    if (drafted.plan === undefined) return UNSOUND;
    if (options.yes !== true && (await agreed(context, drafted)) !== true) return PERSON;
    const { runVerb } = await import("./run.js");
    return await runVerb(context, [drafted.path, "--yes", "--output-format", options.outputFormat]);
  });
};

function describeDraft(context: CliContext, name: string, summary: string): ReturnType<typeof describeVerb> {
  return describeVerb(context, name, summary)
    .argument("<goal>", "what is to be achieved, in your words")
    .option("--files <paths...>", "files it is about")
    .option("--draft-usd <usd>", "what the draft itself may cost at most; 0: no bound", DRAFT_USD)
    .addOption(formatOption());
}

async function agreed(context: CliContext, { path }: DraftReport): Promise<boolean> {
  if (context.confirm !== undefined) return await context.confirm("Approve this plan and run it?");
  writeLine(context.err, `Nobody is here to approve it: worknode run ${path}`);
  return false;
}

type Drafted = DraftReport & { readonly estimate: Estimate | null };

async function draft(context: CliContext, goal: string, flags: Flags): Promise<Drafted> {
  const usd = Number(flags.draftUsd);
  if (!Number.isFinite(usd) || usd < 0)
    throw invalid("BAD_INPUT", `--draft-usd ${flags.draftUsd}: it must be a sum in US dollars.`);
  if (goal.trim() === "") throw invalid("BAD_INPUT", "say what is to be achieved.");
  const { cwd, env, signal } = context;
  const wish = { goal, files: flags.files ?? [], usd: usd === 0 ? null : usd };
  return await showDrafting(context, flags.outputFormat, (onEvent) =>
    draftPlan({ cwd, env, signal, ...wish, onEvent }),
  );
}

/** Shows how a draft is made, and what its plan may take. */
async function showDrafting<T extends DraftReport | undefined>(
  context: CliContext,
  outputFormat: OutputFormat,
  make: (onEvent: (event: AnyEvent) => void) => Promise<T>,
): Promise<Drafted | Exclude<T, DraftReport>> {
  const progress = outputFormat === "text" ? createProgress({ ...context, out: context.err }) : silentProgress();
  try {
    const report = await make((event) => progress.show(event));
    if (report === undefined) return report as Exclude<T, DraftReport>;
    const { plan } = report;
    const estimate = plan === undefined ? null : await withStore(context, (store) => estimatePlan(store, plan));
    return { ...report, estimate };
  } finally {
    progress.end();
  }
}

function reportOf({ plan, ...rest }: Drafted): object {
  return { ...rest, sound: plan !== undefined };
}

function draftLines({ path, plan, faults, estimate }: Drafted): string[] {
  if (plan === undefined)
    return [
      ...faults.map(harmless),
      `The draft still has faults after three returns. It is in ${path}: mend it, then worknode plan lint.`,
    ];
  return [
    `${plan.id}: ${singleLine(plan.title)}`,
    ...taskLines(plan),
    ...plan.waivers.map(({ rule, tasks, reason }) => `  waived: ${rule} of ${tasks.join(", ")}: ${singleLine(reason)}`),
    ...(estimate === null ? [] : [`  ${estimateLine(estimate)}`]),
    `Written to ${path}; nothing has run. worknode run ${path}`,
  ];
}

function taskLines({ phases }: Plan): string[] {
  return phases.flatMap(({ id, tasks }) => [
    `  phase ${id}`,
    ...tasks.flatMap((task) => [
      `    ${task.id} ${singleLine(task.title)} · ${task.owner}${task.needs.length === 0 ? "" : `, after ${task.needs.join(", ")}`}`,
      `      writes ${task.files.write.length === 0 ? "nothing" : task.files.write.map(harmless).join(", ")}`,
    ]),
  ]);
}
