import { type LandReport, landCycle } from "../../crew/service/land.js";
import { installedForge, openRequest, type RequestText, requestCommands } from "../../effect/program/pull-request.js";
import { findRepository } from "../../effect/repository/repository.js";
import { visibleJson } from "../../kernel/visible.js";
import { evidenceOf } from "../../memory/evidence.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { argvText } from "./argv-text.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { evidenceLines } from "./diff.js";
import { harmless, paintFor } from "./progress/paint.js";
import { withStore } from "./project.js";

const UNVERIFIED = 4;
const PERSON = 6;

interface Flags {
  cycle?: number;
  partial?: true;
  pr?: true;
  outputFormat: OutputFormat;
}

/** `worknode land`: joins a cycle's work with the branch that is checked out, verifies it there, fast-forwards. */
export const landVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "land",
    "Bring a cycle's work home: join it with your branch in a worktree, verify it there, then fast-forward.",
  )
    .option("--cycle <n>", "another cycle than the newest", wholeNumber(1))
    .option("--partial", "take what is done although the cycle has not ended")
    .option("--pr", "push the cycle's branch and open a request through gh or glab; without them, print how")
    .addOption(formatOption());
  return withArguments<Flags>(command, args, async ({ options }) => {
    const { cycle, partial = false, pr = false } = options;
    const { cwd, env, signal } = context;
    const given = cycle === undefined ? {} : { cycle };
    const report = await landCycle({ cwd, env, signal, partial, request: pr, ...given });
    const request = report.outcome === "verified" ? await requestFor(context, report) : null;
    if (options.outputFormat === "json") writeLine(context.out, visibleJson({ ...report, request }));
    else for (const line of landLines(context, report, request)) writeLine(context.out, line);
    return exitOf(report);
  });
};

function exitOf({ outcome }: LandReport): number {
  if (outcome === "conflict") return PERSON;
  return outcome === "unverified" ? UNVERIFIED : 0;
}

/** A request opened, or the commands that open it. */
interface Request {
  readonly said: string | null;
  readonly commands: readonly (readonly string[])[];
}

async function requestFor(context: CliContext, report: LandReport): Promise<Request> {
  const body = await withStore(context, (store) => evidenceOf(store, report.cycle).flatMap(evidenceLines).join("\n"));
  const text: RequestText = { branch: report.branch, onto: report.onto, title: report.title, body };
  const forge = installedForge(context.env);
  const commands = requestCommands(text, forge ?? "gh");
  if (forge === undefined) return { said: null, commands };
  const repository = await findRepository(context.cwd, { env: context.env });
  return { said: await openRequest(repository, commands, context.env), commands };
}

function landLines(context: CliContext, report: LandReport, request: Request | null): string[] {
  const paint = paintFor(context);
  const ran = report.verified.map(({ argv, exit_code }) => {
    const mark = exit_code === 0 ? paint("green", "✓") : paint("red", "✗");
    return `${mark} ${harmless(argvText(argv))}: exit ${exit_code ?? "none"}`;
  });
  return [
    ...ran,
    ...outcomeLines(report).map(harmless),
    ...(request === null ? [] : requestLines(request).map(harmless)),
  ];
}

function outcomeLines(report: LandReport): string[] {
  const { outcome, cycle, branch, onto, commit } = report;
  switch (outcome) {
    case "landed":
      return [`Landed cycle ${cycle} on ${onto}: ${commit?.slice(0, 10) ?? ""}.`, ...signingLines(report)];
    case "verified":
      return [`Cycle ${cycle} joins ${onto} and is verified there. ${onto} is as it was.`];
    case "there":
      return [`Nothing to land: ${onto} holds all of ${branch} already.`];
    case "unverified":
      return [report.said, `Not landed: what fails here passed on ${branch} alone. ${onto} is as it was.`];
    case "conflict":
      return conflictLines(report);
  }
}

/** How a person signs what worknode, which has no key of theirs, could not. */
function signingLines({ unsignedFrom }: LandReport): string[] {
  if (unsignedFrom === null) return [];
  const resign = `git rebase --rebase-merges --exec "git commit --amend --no-edit --gpg-sign" ${unsignedFrom.slice(0, 10)}`;
  return [`Your git signs commits (commit.gpgSign); these are not signed. To sign them yourself: ${resign}`];
}

function conflictLines({ branch, onto, paths, offer }: LandReport): string[] {
  const head = `Not landed: ${onto} and ${branch} both changed ${paths.join(", ")}. ${onto} is as it was.`;
  if (offer === null) return [head, `No agent may resolve this: git merge ${branch}`];
  return [head, `A task that resolves it: ${offer.command}   then: worknode land`, `Or yourself: git merge ${branch}`];
}

function requestLines({ said, commands }: Request): string[] {
  if (said !== null) return [said];
  return ["Neither gh nor glab is installed. With one of them:", ...commands.map((argv) => `  ${argvText(argv)}`)];
}
