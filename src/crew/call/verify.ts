import { type PlanCommand, type PlanCommandResult, runPlanCommands } from "../../effect/sandbox/plan-commands.js";
import { probeBackends } from "../../effect/sandbox/probe.js";
import type { LinkMount, SandboxSetting } from "../../effect/sandbox/spec.js";
import { resolveToolchains } from "../../effect/sandbox/toolchain.js";
import { checkToolchains } from "../../effect/sandbox/toolchain-refusal.js";
import { openGitView } from "../../effect/workspace/git-view.js";
import { maskLinks } from "../../effect/workspace/link-masks.js";
import { listMasks, resolveLinks } from "../../effect/workspace/surroundings.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { learnFromCommand } from "../../memory/failing-command.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { AnyNewEvent, EventPayload } from "../../schema/event.js";
import type { PlanCheck } from "../../schema/plan-step.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { type Crew, ownerOf } from "../state/context.js";
import { type CommandRun, cycleStream, eventAt, taskStream } from "../state/records.js";
import { RunStop } from "../state/stop.js";
import { DEEP_ROLE } from "./deep-rule.js";
import { stewardCall } from "./steward.js";

/** What a task's own commands did on its tree, and the coverage report they wrote. */
export interface VerifyRun {
  readonly commands: CommandRun[];
  /** What looked deeper at what changed; no exit code of these decides. */
  readonly deep: CommandRun[];
  /** A text says why there is none that can be read; null where the plan names none. */
  readonly report: Result<string, string> | null;
  /** Files of the tree that the commands were to leave alone and did not. */
  readonly altered: readonly string[];
  /** Id of the event that holds both; null where no command ran. */
  readonly event: string | null;
}

/** No command ran. */
export const NOTHING_RAN: VerifyRun = { commands: [], deep: [], report: null, altered: [], event: null };

/**
 * Runs a task's `verify` on a tree, from empty scratch, and records what the commands wrote; what else they
 * leave behind is discarded. `files`: a directory to run on instead of the worktree; `deep`: what runs after them;
 * `judged`: the files that are judged, which the commands are to leave as they are, but for the report they write;
 * `together`: the tree is not the task's alone, so it is on record with the cycle, and no lesson is drawn for the task.
 */
export async function runCommands(
  crew: Crew,
  task: PlanTask,
  workspace: TaskWorkspace,
  on: {
    tree: string;
    files?: string;
    deep?: readonly PlanCommand[];
    judged?: readonly string[];
    together?: true;
  },
): Promise<VerifyRun> {
  const commands = [...verifyCommands(task), ...(on.deep ?? [])];
  if (commands.length === 0) return NOTHING_RAN;
  const own = on.together === undefined ? task.id : null;
  const { files = workspace.worktree, judged = [] } = on;
  const reports = reportsOf(task);
  const result = await runPlanned(crew, { task: own, workspace, files, reports }, commands);
  try {
    const report = await readReport(task, result);
    const altered = await result.listAltered(judged.filter((path) => !reports.includes(path)));
    const ran = { tree: on.tree, commands: result.runs.map(toRecord), report: writtenOf(report) };
    const shallow = ran.commands.filter(({ role }) => role !== DEEP_ROLE);
    const [event] = crew.store.append(ranEvents(crew, own, { task, ran, shallow }));
    const deep = ran.commands.filter(({ role }) => role === DEEP_ROLE);
    return { commands: shallow, deep, report: textOf(report), altered, event: event?.id ?? null };
  } finally {
    await result.discard();
  }
}

/** What commands did, on record with their task or with the cycle; what they teach is of a task. */
function ranEvents(
  crew: Crew,
  own: string | null,
  { task, ran, shallow }: { task: PlanTask; ran: EventPayload<"COMMANDS_RAN">; shallow: readonly CommandRun[] },
): AnyNewEvent[] {
  const place = { actor: "worknode", run: crew.cycle, task: own };
  if (own === null) return [eventAt({ ...place, stream: cycleStream(crew.cycle) }, "COMMANDS_RAN", ran)];
  const event = eventAt({ ...place, stream: taskStream(crew.cycle, own) }, "COMMANDS_RAN", ran);
  return [event, ...lessonsOf(crew, task, shallow)];
}

/** Failing commands become issues by themselves, and what they failed with is closed when they succeed. */
function lessonsOf(crew: Crew, task: PlanTask, commands: readonly CommandRun[]): AnyNewEvent[] {
  const author = { actor: ownerOf(crew, task), cycle: crew.cycle, task: task.id };
  return commands.flatMap(({ argv, exit_code: exitCode, stdout, stderr }) => {
    return learnFromCommand(crew.store, author, { command: argv.join(" "), exitCode, stdout, stderr }).events;
  });
}

/** Where a task's commands are to write a report. */
export function reportsOf({ verify }: PlanTask): string[] {
  return verify?.coverage === undefined ? [] : [verify.coverage.report];
}

type WrittenReport = Result<{ path: string; format: string; text: string }, string> | null;

/** The report the commands themselves wrote; a text says why there is none that can be read. */
export async function readReport({ verify }: PlanTask, result: PlanCommandResult): Promise<WrittenReport> {
  if (verify?.coverage === undefined) return null;
  const { report: path, format } = verify.coverage;
  const text = await result.readWritten(path);
  return text.ok ? ok({ path, format, text: text.value }) : err(text.error);
}

function writtenOf(report: WrittenReport): EventPayload<"COMMANDS_RAN">["report"] {
  return report?.ok === true ? report.value : null;
}

/** Of a report its text alone. */
export function textOf(report: WrittenReport): VerifyRun["report"] {
  return report?.ok === true ? ok(report.value.text) : report;
}

/** Runs a check's command and says why it did not do what was expected; undefined when it did. */
export async function runCheck(
  crew: Crew,
  at: { task: string | null; workspace: TaskWorkspace },
  check: PlanCheck,
): Promise<string | undefined> {
  if (check.command === undefined) return undefined;
  const timeout = check.timeout === undefined ? {} : { timeoutMs: check.timeout };
  const command = { role: "check", argv: check.command, ...timeout };
  const { task, workspace } = at;
  const result = await runPlanned(crew, { task, workspace, files: workspace.worktree }, [command]);
  await result.discard();
  return unexpected(result.runs[0], check.command.join(" "), check.expect);
}

function unexpected(
  run: PlanCommandResult["runs"][number] | undefined,
  command: string,
  expect: PlanCheck["expect"],
): string | undefined {
  if (run === undefined || run.stopped !== null)
    return `${command} was stopped${run?.stopped ? ` by a limit: ${run.stopped}` : ""}`;
  if (run.exit_code !== expect.exitCode)
    return `${command} ended with ${run.exit_code}, not ${expect.exitCode}: ${run.stderr.slice(-500)}`;
  return unlike("standard output", run.stdout, expect.stdout) ?? unlike("standard error", run.stderr, expect.stderr);
}

function unlike(name: string, text: string, pattern: string | undefined): string | undefined {
  if (pattern === undefined || new RegExp(pattern, "m").test(text)) return undefined;
  return `${name} does not match ${pattern}`;
}

/** Where the plan's commands run, and on which files; `prepare` before there is any dependency to link. */
export interface PlannedPlace {
  readonly task: string | null;
  readonly workspace: TaskWorkspace;
  readonly files: string;
  readonly prepare?: { readonly network: boolean };
  /** Where the commands are to write reports. */
  readonly reports?: readonly string[];
}

/** Runs commands of the plan with a permit of their own, from empty scratch. Throws RunStop when interrupted. */
export async function runPlanned(crew: Crew, where: PlannedPlace, commands: PlanCommand[]): Promise<PlanCommandResult> {
  const { task, workspace, files, prepare, reports = [] } = where;
  const own = { tool: "plan.command", task, args: { commands } } as const;
  const result = await stewardCall(crew, own, async ({ permit, call }) => {
    const setting = { ...(await sandboxSetting(crew, workspace, prepare === undefined)), ...prepare };
    const place = { ...setting, lower: files, layersDir: workspace.layerDir };
    const value = await runPlanCommands(permit, call, place, { signal: crew.signal, reports });
    return { value, said: value.runs.map(({ role, exit_code }) => `${role}: ${exit_code ?? "stopped"}`).join(", ") };
  });
  if (crew.signal.aborted) {
    await result.discard();
    throw new RunStop(130, "interrupted");
  }
  return result;
}

/** What surrounds every command of a workspace: links, masks, toolchains, environment, git. */
export async function sandboxSetting(crew: Crew, workspace: TaskWorkspace, linked = true): Promise<SandboxSetting> {
  const { link, env, toolchains } = crew.plan.workspace;
  const { stateDir, shownRoot: root } = crew.repository;
  const { chosen } = await probeBackends({ stateDir, env: crew.env });
  return {
    shownRoot: workspace.shownRoot,
    lower: workspace.worktree,
    links: linked ? await maskedLinks(crew, workspace, link) : [],
    masks: await listMasks(workspace),
    toolchains:
      toolchains === undefined
        ? resolveToolchains(planPrograms(crew), { PATH: crew.env["PATH"], HOME: crew.env["HOME"], root })
        : checkToolchains(toolchains, { home: crew.env["HOME"], stateDir, root }),
    env,
    network: false,
    ...(chosen === null ? {} : { backend: chosen }),
    git: await openGitView(crew.repository, workspace),
  };
}

async function maskedLinks(
  crew: Crew,
  workspace: TaskWorkspace,
  named: readonly string[] | undefined,
): Promise<LinkMount[]> {
  const links = await resolveLinks(crew.repository, named, crew.prepared);
  return maskLinks(links, workspace, crew.clock.nowMs());
}

/** First words of every command the plan names. */
export function planPrograms(crew: Pick<Crew, "plan">): string[] {
  return [...new Set(planCommands(crew).flatMap((argv) => argv.slice(0, 1)))];
}

/** Every command the plan names. */
export function planCommands(crew: Pick<Crew, "plan">): (readonly string[])[] {
  const tasks = crew.plan.phases.flatMap((phase) => phase.tasks);
  const checkpoints = crew.plan.phases.flatMap((phase) => phase.checkpoints);
  return [
    ...tasks.flatMap((task) => verifyCommands(task).map(({ argv }) => argv)),
    ...tasks.flatMap((task) => task.steps.map((step) => (step.kind === "check" ? step.check.command : undefined))),
    ...checkpoints.map(({ command }) => command),
    crew.plan.workspace.prepare?.command,
  ].filter((argv) => argv !== undefined);
}

/** On record in place of the limit that stopped a command, where one before it ended the row. */
export const NOT_RUN = "not run";

function toRecord(run: PlanCommandResult["runs"][number]): CommandRun {
  const { role, argv, exit_code, stdout, stderr, duration_ms } = run;
  const stopped = run.ran ? run.stopped : NOT_RUN;
  return { role, argv: [...argv], exit_code, stdout, stderr, duration_ms, ...(stopped === null ? {} : { stopped }) };
}
