import { noReport } from "../../effect/sandbox/merged-view.js";
import { baseTree, exportBase } from "../../effect/workspace/original-files.js";
import { treePaths } from "../../effect/workspace/tree.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { hashOf } from "../../kernel/canonical.js";
import { err, type Result } from "../../kernel/result.js";
import type { CompletionInput } from "../../measure/completion.js";
import { type CoverageFormat, readCoverage, totalOf } from "../../measure/report/coverage.js";
import { type PlacedCoverage, placeReport } from "../../measure/report/coverage-place.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { AnyEvent } from "../../schema/event.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { runCommands, type VerifyRun } from "../call/verify.js";
import type { Crew } from "../state/context.js";
import { eventAt } from "../state/records.js";

/** What a submitted result's coverage is judged by. */
export type CoverageBasis = NonNullable<CompletionInput["coverage"]>;

/** Where a task is judged. */
export interface JudgedTask {
  readonly task: PlanTask;
  readonly workspace: TaskWorkspace;
}

/**
 * The report the task's commands wrote on a tree, ready to be judged; a text says why there is none to judge by,
 * undefined that the plan asks for none. The base's total is asked for only where the total alone would not do, and
 * not at all where `alone` is false: then the total must do.
 */
export async function coverageBasis(
  crew: Crew,
  at: JudgedTask,
  { report, tree, alone = true }: { report: VerifyRun["report"]; tree: string; alone?: boolean },
): Promise<CoverageBasis | string | undefined> {
  const wanted = at.task.verify?.coverage;
  if (wanted === undefined) return undefined;
  const read = await placed(at, { written: report, tree, ...wanted });
  if (!read.ok) return read.error;
  const min = leastCoverage(crew, at.task);
  const baseTotal = totalOf(read.value) >= min || !alone ? null : await totalOfBase(crew, at);
  return { report: read.value, min, maxUntested: crew.limits.validation.maxUntestedFunctions, baseTotal };
}

/** The coverage a task's lines need, and the total where it is not held against the base's; a share of 1. */
export function leastCoverage(crew: Crew, { verify }: PlanTask): number {
  return Math.max(verify?.coverage?.min ?? 0, crew.limits.validation.minLineCoverage);
}

/** A report's figures by the paths of the tree it was written on; a text names the report and says what is wrong with it. */
async function placed(
  { workspace }: JudgedTask,
  of: { written: VerifyRun["report"]; report: string; format: CoverageFormat; tree: string },
): Promise<Result<PlacedCoverage, string>> {
  const { report, format, tree } = of;
  const written = of.written ?? err(noReport(report));
  if (!written.ok) return written;
  const read = readCoverage(written.value, format);
  if (!read.ok) return about(report, read);
  const covered = { root: workspace.shownRoot, files: await treePaths(workspace, tree), report };
  return about(report, placeReport(read.value, covered));
}

/** What is wrong with a report, by its name. */
function about<T>(report: string, read: Result<T, string>): Result<T, string> {
  return read.ok ? read : err(`${report}: ${read.error}`);
}

/** Total coverage of the task's base commit by the same commands (DESIGN §9); null where there is none. */
async function totalOfBase(crew: Crew, at: JudgedTask): Promise<number | null> {
  return (await measureBase(crew, at)).total;
}

/** Which of the task's commands fails on its base commit already, where nothing of the task is; undefined where none does. */
export async function baseFailure(crew: Crew, at: JudgedTask): Promise<string | undefined> {
  const { reason } = await measureBase(crew, at);
  return reason.includes(ENDED_WITH) ? reason : undefined;
}

/** Between a command's role and its exit code, in why a base has no total. */
const ENDED_WITH = " ended with ";

/** Runs the task's commands on its base commit, once for each tree and set of commands, whichever task and session asks. */
async function measureBase(crew: Crew, at: JudgedTask): Promise<Total> {
  const { task, workspace } = at;
  const tree = await baseTree(workspace);
  const commands = verifyCommands(task).map(({ role, argv }) => ({ role, argv }));
  const verify = hashOf({ commands, report: task.verify?.coverage?.report ?? "" });
  const known = measuredBefore(crew, tree, verify);
  if (known !== undefined) return known;
  const files = await exportBase(workspace);
  try {
    const ran = await runCommands(crew, task, workspace, { tree, files: files.directory });
    const place = { stream: "project", actor: "worknode", run: crew.cycle, task: task.id };
    const measured = { tree, verify, ...(await totalOfRun(at, ran, tree)), output_event: ran.event ?? "" };
    crew.store.append([eventAt(place, "BASE_MEASURED", measured)]);
    return measured;
  } finally {
    await files.discard();
  }
}

function measuredBefore(crew: Crew, tree: string, verify: string): Total | undefined {
  for (const { payload } of crew.store.events({ type: "BASE_MEASURED" }) as Measured[])
    if (payload.tree === tree && payload.verify === verify) return payload;
  return undefined;
}

type Measured = Extract<AnyEvent, { type: "BASE_MEASURED" }>;

async function totalOfRun(at: JudgedTask, ran: VerifyRun, tree: string): Promise<Total> {
  const failed = ran.commands.find(({ exit_code }) => exit_code !== 0);
  if (failed !== undefined) return { total: null, reason: `${failed.role}${ENDED_WITH}${failed.exit_code}` };
  const wanted = at.task.verify?.coverage;
  if (wanted === undefined) return { total: null, reason: "no report was written" };
  const read = await placed(at, { written: ran.report, tree, ...wanted });
  return read.ok ? { total: totalOf(read.value), reason: "measured" } : { total: null, reason: read.error };
}

type Total = Pick<Measured["payload"], "total" | "reason">;
