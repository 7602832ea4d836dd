import { join } from "node:path";
import { readRegular } from "../effect/path-fact.js";
import { changedFiles, readBase, treeHash } from "../effect/tree.js";
import type { TaskWorkspace } from "../effect/workspace.js";
import { MAX_FILE_BYTES } from "../kernel/bounds.js";
import { changedFunctions } from "../measure/function-pair.js";
import { judgeChange } from "../measure/judge-change.js";
import { measureSource } from "../measure/source.js";
import {
  type ChangedFile,
  type CoverageJudgement,
  judgeCoverage,
  readCoverage,
  relativeTo,
} from "../measure/coverage.js";
import { isCodeFile, isTestFile } from "../measure/language.js";
import type { PlanTask } from "../schema/plan-task.js";
import type { Crew } from "./context.js";
import { type CommandRun, eventAt, taskStream } from "./records.js";
import type { TaskState } from "./task-state.js";
import { runCommands } from "./verify.js";

/** Characters of a failing command's output given back to the worker. */
const MAX_TAIL_CHARS = 4_000;

/** What the rules found on one tree. */
export interface RuleReport {
  readonly pass: boolean;
  readonly feedback: string;
  readonly commands: readonly CommandRun[];
  readonly coverage: string;
  readonly waivers: readonly string[];
}

/** Rules a person waived for a task in the approved plan. */
export function waiversFor(crew: Crew, task: string): string[] {
  return crew.plan.waivers.filter(({ tasks }) => tasks.includes(task)).map(({ rule }) => rule);
}

/**
 * Judges a task's tree: the plan's commands run on exactly it, from empty scratch; figures are read from
 * the report they wrote. Everything is recorded as VERIFIED with the tree's hash.
 */
export async function runRules(crew: Crew, work: RuledWork): Promise<RuleReport> {
  const { task, workspace } = work;
  const waivers = waiversFor(crew, task.id);
  const tree = await treeHash(workspace);
  const files = await changedTexts(workspace);
  const { commands, report } = work.last
    ? await runCommands(crew, task, workspace)
    : { commands: [], report: undefined };
  const faults = [...files.flatMap((file) => fileFaults(crew, file, waivers)), ...commandFaults(commands, waivers)];
  const coverage = faults.length > 0 ? NO_COVERAGE : judgeReport(crew, work, { files, report, waivers });
  faults.push(...coverage.faults);
  if ((await treeHash(workspace)) !== tree) faults.push("ERROR_TESTS_FAILED: the tree changed while it was judged");
  recordVerified(crew, work, { tree, faults, commands, judgement: coverage.judgement });
  const pass = faults.length === 0;
  return { pass, feedback: faults.join("\n\n"), commands, coverage: coverage.text, waivers };
}

/** A task's work as the rules see it. */
export interface RuledWork {
  readonly task: PlanTask;
  readonly workspace: TaskWorkspace;
  readonly state: TaskState;
  readonly last: boolean;
}

interface Verified {
  tree: string;
  faults: string[];
  commands: readonly CommandRun[];
  judgement: CoverageJudgement | undefined;
}

function recordVerified(crew: Crew, { task, state }: RuledWork, what: Verified): void {
  const { tree, faults, commands, judgement } = what;
  const place = { stream: taskStream(crew.cycle, task.id), actor: "rules", run: crew.cycle, task: task.id };
  const verified = {
    attempt: state.rejections.length + 1,
    tree,
    pass: faults.length === 0,
    commands: [...commands],
    ...(judgement === undefined ? {} : { coverage: judgement }),
    findings: faults,
  };
  crew.store.append([eventAt(place, "VERIFIED", verified)]);
}

function commandFaults(commands: readonly CommandRun[], waivers: readonly string[]): string[] {
  const waived = (run: CommandRun): boolean => run.role === "test" && waivers.includes("tests");
  return commands.filter((run) => run.exit_code !== 0 && !waived(run)).map(commandFault);
}

async function changedTexts(workspace: TaskWorkspace): Promise<ChangedFile[]> {
  const files: ChangedFile[] = [];
  for (const { path, kind } of await changedFiles(workspace)) {
    if (kind !== "add" && kind !== "modify") continue;
    const content = await readRegular(join(workspace.worktree, path), MAX_FILE_BYTES);
    if (content !== null)
      files.push({ path, before: await readBase(workspace, path), after: content.toString("utf8") });
  }
  return files;
}

/** Limits again, against the task's base, and documentation of changed functions outside tests. */
function fileFaults(crew: Crew, file: ChangedFile, waivers: readonly string[]): string[] {
  const { implementation, validation } = crew.plan.limits;
  const limits = { maxComplexity: implementation.maxComplexity, maxFunctionLines: implementation.maxFunctionLines };
  const faults = judgeChange({ ...file, limits, isTest: isTestFile(file.path) })
    .filter(({ blocks }) => blocks)
    .map(({ code, message, line, function: name }) => `${code}: ${message} (${file.path}:${line} ${name ?? ""})`);
  if (!validation.requireDocs || waivers.includes("documentation") || !isCodeFile(file.path)) return faults;
  const before = file.before === null ? undefined : measureSource(file.path, file.before);
  for (const { now } of changedFunctions(before, measureSource(file.path, file.after), new Set()))
    if (now.named && !now.documented)
      faults.push(`ERROR_UNDOCUMENTED: ${now.qualified_name} has no documentation comment (${file.path}:${now.line})`);
  return faults;
}

function commandFault(run: CommandRun): string {
  const output = `${run.stdout}\n${run.stderr}`.trim().slice(-MAX_TAIL_CHARS);
  return `ERROR_TESTS_FAILED: ${run.role} command ${run.argv.join(" ")} ended with ${run.exit_code ?? "no exit code (stopped)"}\n${output}`;
}

interface CoverageResult {
  readonly judgement: CoverageJudgement | undefined;
  readonly faults: string[];
  readonly text: string;
}

/** Coverage that was not asked for. */
const NO_COVERAGE: CoverageResult = { judgement: undefined, faults: [], text: "n/a" };

function judgeReport(
  crew: Crew,
  work: RuledWork,
  what: { files: readonly ChangedFile[]; report: string | undefined; waivers: readonly string[] },
): CoverageResult {
  if (what.waivers.includes("coverage")) return { ...NO_COVERAGE, text: "waived" };
  const wanted = work.task.verify?.coverage;
  if (wanted === undefined || !work.last) return NO_COVERAGE;
  if (what.report === undefined) return failedCoverage(`the commands wrote no report ${wanted.report}`);
  const parsed = readCoverage(what.report, wanted.format);
  if (!parsed.ok) return failedCoverage(`${wanted.report}: ${parsed.error}`);
  const { minLineCoverage, maxUntestedFunctions } = crew.plan.limits.validation;
  const judgement = judgeCoverage({
    report: relativeTo(parsed.value, work.workspace.shownRoot),
    changed: what.files,
    min: Math.max(wanted.min ?? 0, minLineCoverage),
    maxUntested: maxUntestedFunctions,
    baseTotal: null,
  });
  const faults = judgement.denials.map(({ code, message }) => `${code}: ${message}`);
  return { judgement, faults, text: coverageText(judgement) };
}

function coverageText({ lines, total }: CoverageJudgement): string {
  if (lines === null || total === null) return "n/a (no function changed)";
  return `changed lines ${lines.toFixed(4)}, total ${total.toFixed(4)}`;
}

function failedCoverage(why: string): CoverageResult {
  return { judgement: undefined, faults: [`ERROR_INSUFFICIENT_COVERAGE: ${why}`], text: why };
}
