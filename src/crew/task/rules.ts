import { join } from "node:path";
import { beginningOf } from "../../effect/disk/file-content.js";
import { readRegular } from "../../effect/disk/path-fact.js";
import { baseSources } from "../../effect/workspace/original-functions.js";
import { compareTrees, readBase, type TreeDifference, treeHash } from "../../effect/workspace/tree.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { type CompletionInput, type CompletionReport, judgeCompletion } from "../../measure/completion.js";
import type { Finding } from "../../measure/finding.js";
import { isCodeFile, languageOf, languagesOf } from "../../measure/language.js";
import { isCFamily } from "../../measure/power-of-ten/rule.js";
import type { ChangedFile, CoverageJudgement } from "../../measure/report/coverage.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { deepCommands, deepFindings } from "../call/deep-rule.js";
import { movedFrom } from "../call/facts.js";
import { NOT_RUN, NOTHING_RAN, runCommands, type VerifyRun } from "../call/verify.js";
import type { Crew } from "../state/context.js";
import { loadMeasures } from "../state/grammars.js";
import { type CommandRun, eventAt, taskStream } from "../state/records.js";
import type { TaskState } from "../state/task-state.js";
import { baseFailure, type CoverageBasis, coverageBasis } from "./coverage-rule.js";

/** Bytes of a file that is not read whole in which its first line may name the program that runs it. */
const FIRST_LINE_BYTES = 256;
/** Characters of a failing command's output given back to the worker. */
const MAX_TAIL_CHARS = 4_000;

/** What the rules found on one tree. */
export interface RuleReport {
  /** The tree that was judged; the commit of a task without files of its own. */
  readonly tree: string;
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

/** A task's work as the rules see it. */
export interface RuledWork {
  readonly task: PlanTask;
  readonly workspace: TaskWorkspace;
  readonly state: TaskState;
  readonly last: boolean;
  /** The execution that handed it in; none where a merge is verified. */
  readonly execution?: string;
}

/**
 * Judges a task's tree: the plan's commands run on exactly it, from empty scratch; figures are read from
 * the report they wrote. Everything is recorded as VERIFIED with the tree's hash.
 */
export async function runRules(crew: Crew, work: RuledWork): Promise<RuleReport> {
  const { task, workspace } = work;
  const waivers = waiversFor(crew, task.id);
  const tree = await treeOf(work);
  const { files, faults: unread } = await changedTexts(workspace, await differencesOf(work, tree));
  await loadMeasures(languagesOf(files));
  const ran = work.last ? await runDeeply(crew, work, { tree, files }) : NOTHING_RAN;
  const faults = [...unread, ...(await commandFaults(crew, work, { ran, waivers })), ...alteredFaults(ran)];
  const wanted = work.last && faults.length === 0 && !waivers.includes("coverage");
  const basis = wanted ? await coverageBasis(crew, work, { report: ran.report, tree }) : undefined;
  if (typeof basis === "string") faults.push(cited(`ERROR_INSUFFICIENT_COVERAGE: ${basis}`, ran));
  const report = withDeep(crew, work, { files, ran }, await judgeWork(crew, work, { files, waivers, basis }));
  faults.push(...report.findings.filter(({ blocks }) => blocks).map((finding) => findingText(finding, ran)));
  if ((await treeOf(work)) !== tree) faults.push("ERROR_TESTS_FAILED: the tree changed while it was judged");
  const warnings = warningsOf(report);
  await crew.store.commit([verifiedEvent(crew, work, { tree, faults, warnings, ran, judgement: report.coverage })]);
  const coverage = waivers.includes("coverage") ? "waived" : coverageText(report.coverage);
  const pass = faults.length === 0;
  return { tree, pass, feedback: faults.join("\n\n"), commands: ran.commands, coverage, waivers };
}

/** Whether the task has files of its own; without any it looks at the cycle's head, where no call writes. */
export function canChange(task: PlanTask): boolean {
  return task.files.write.length > 0;
}

/** What identifies the tree that is judged: the contents of a worktree, or the commit of one that nobody writes. */
async function treeOf({ task, workspace }: RuledWork): Promise<string> {
  return canChange(task) ? await treeHash(workspace) : workspace.baseCommit;
}

async function differencesOf({ task, workspace }: RuledWork, tree: string): Promise<TreeDifference[]> {
  return canChange(task) ? await compareTrees(workspace.git, workspace.baseCommit, tree) : [];
}

/** The plan's commands, and where it enforces the Power of Ten what looks deeper at the files that changed. */
function runDeeply(
  crew: Crew,
  { task, workspace }: RuledWork,
  { tree, files }: { tree: string; files: readonly ChangedFile[] },
): Promise<VerifyRun> {
  const judged = files.map(({ path }) => path);
  return runCommands(crew, task, workspace, { tree, judged, deep: deepCommands(crew, files, workspace.shownRoot) });
}

function withDeep(
  crew: Crew,
  { last, workspace }: RuledWork,
  { files, ran }: { files: readonly ChangedFile[]; ran: VerifyRun },
  report: CompletionReport,
): CompletionReport {
  if (!last) return report;
  const deep = deepFindings(crew, files, { root: workspace.shownRoot, runs: ran.deep });
  return { ...report, findings: [...report.findings, ...deep] };
}

/** Judged again with what the base commit holds elsewhere, which costs more to find out, where that could help. */
export async function judgeWork(
  crew: Crew,
  { workspace }: Pick<RuledWork, "workspace">,
  what: { files: readonly ChangedFile[]; waivers: readonly string[]; basis: CoverageBasis | string | undefined },
): Promise<CompletionReport> {
  const { implementation, validation } = crew.limits;
  const { files, waivers, basis } = what;
  const input = {
    files,
    limits: { maxComplexity: implementation.maxComplexity, maxFunctionLines: implementation.maxFunctionLines },
    requireDocs: validation.requireDocs,
    waivers,
    powerOfTen: await powerOfTenBasis(crew, workspace, files),
    ...(typeof basis === "object" ? { coverage: basis } : {}),
  };
  const report = judgeCompletion(input);
  if (!report.findings.some(({ blocks }) => blocks)) return report;
  return judgeCompletion({ ...input, elsewhere: await movedFrom(workspace, files) });
}

/** What did not change is read for the call graph where recursion would block; elsewhere it only warns. */
async function powerOfTenBasis(
  crew: Crew,
  workspace: TaskWorkspace,
  files: readonly ChangedFile[],
): Promise<NonNullable<CompletionInput["powerOfTen"]>> {
  const enforce = crew.limits.validation.powerOfTen === "enforce";
  const judged = files
    .map(({ path }) => path)
    .filter((path) => isCodeFile(path) && (enforce || isCFamily(languageOf(path))));
  return { enforce, others: judged.length === 0 ? [] : await baseSources(workspace, judged) };
}

/** What the rules came to on a tree. */
export interface Verified {
  readonly tree: string;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  readonly ran: VerifyRun;
  readonly judgement: CoverageJudgement | undefined;
}

/** The event that says how the rules judged a task on a tree. */
export function verifiedEvent(
  crew: Crew,
  { task, state, execution }: Pick<RuledWork, "task" | "state" | "execution">,
  what: Verified,
): AnyNewEvent {
  const { tree, faults, warnings, ran, judgement } = what;
  const place = { stream: taskStream(crew.cycle, task.id), actor: "rules", run: crew.cycle, task: task.id };
  const verified = {
    attempt: state.rejections.length + 1,
    tree,
    pass: faults.length === 0,
    commands: [...ran.commands],
    output_event: ran.event,
    ...(judgement === undefined ? {} : { coverage: judgement }),
    findings: [...faults, ...warnings],
  };
  return eventAt({ ...place, execution: execution ?? null }, "VERIFIED", verified);
}

/** Warnings on record, of which there may be many where much changed. */
const MAX_WARNINGS = 100;

/** What does not block, in the words the record keeps. */
export function warningsOf({ findings }: CompletionReport): string[] {
  const warnings = findings.filter(({ blocks }) => !blocks).slice(0, MAX_WARNINGS);
  return warnings.map((finding) => `warning: ${findingText(finding, NOTHING_RAN)}`);
}

/** What failed; at the first rejection of a task also whether it failed before there was anything of it. */
async function commandFaults(
  crew: Crew,
  work: RuledWork,
  { ran, waivers }: { ran: VerifyRun; waivers: readonly string[] },
): Promise<string[]> {
  const faults = failedCommands(ran.commands, waivers).map((run) => commandFault(run, ran));
  if (faults.length === 0 || work.state.rejections.length > 0) return faults;
  const before = await baseFailure(crew, work);
  if (before !== undefined)
    faults.push(
      `On the task's base commit, without this work, ${before} too: mend that first, or have a person waive it.`,
    );
  return faults;
}

/** Commands that did not end well, less what a person waived. */
export function failedCommands<T extends Pick<CommandRun, "role" | "exit_code">>(
  commands: readonly T[],
  waivers: readonly string[],
): T[] {
  return commands.filter(({ role, exit_code }) => exit_code !== 0 && !(role === "test" && waivers.includes("tests")));
}

/** Paths of the regular files that are new or of other content. */
export function writtenPaths(differences: readonly TreeDifference[]): string[] {
  return differences.filter(({ kind }) => kind === "add" || kind === "modify").map(({ path }) => path);
}

const UNREAD = `is longer than ${MAX_FILE_BYTES} bytes, or was changed while it was read, so its functions cannot be judged. Write code in files short enough to be read.`;

/** What changed in a worktree, and why code among it cannot be judged. */
export interface ChangedTexts {
  readonly files: readonly ChangedFile[];
  readonly faults: readonly string[];
}

/**
 * The texts of a worktree that changed, with what they were in its base commit. No call makes code that is too long to be
 * read, but a person's editor or a client's own tools may: it is a fault, as it could hide anything.
 */
export async function changedTexts(
  workspace: TaskWorkspace,
  differences: readonly TreeDifference[],
): Promise<ChangedTexts> {
  const files: ChangedFile[] = [];
  const faults: string[] = [];
  for (const path of writtenPaths(differences)) {
    const place = join(workspace.worktree, path);
    const content = await readRegular(place, MAX_FILE_BYTES);
    if (content !== null)
      files.push({ path, before: await readBase(workspace, path), after: content.toString("utf8") });
    else if (languageOf(path, beginningOf(place, FIRST_LINE_BYTES)) !== undefined)
      faults.push(`ERROR_PARSE: ${path} ${UNREAD}`);
  }
  return { files, faults };
}

/** A command that did not end well, with the end of what it said. */
export function commandFault(run: CommandRun, ran: VerifyRun): string {
  const output = `${run.stdout}\n${run.stderr}`.trim().slice(-MAX_TAIL_CHARS);
  return `${cited(`ERROR_TESTS_FAILED: ${run.role} command ${run.argv.join(" ")} ${howEnded(run)}`, ran)}\n${output}`;
}

function howEnded({ exit_code, stopped }: CommandRun): string {
  if (stopped === NOT_RUN) return "was not run, as one before it failed";
  return stopped === undefined ? `ended with ${exit_code}` : `was stopped by a limit: ${stopped}`;
}

/** Files named in one message. */
const MAX_NAMED_FILES = 5;

/** What ran on changed files says nothing of those that are judged. */
export function alteredFaults(ran: Pick<VerifyRun, "altered" | "event">): string[] {
  const { altered } = ran;
  if (altered.length === 0) return [];
  const more = altered.length > MAX_NAMED_FILES ? ` and ${altered.length - MAX_NAMED_FILES} more` : "";
  const what = `${altered.slice(0, MAX_NAMED_FILES).join(", ")}${more}`;
  const why = `ERROR_TESTS_FAILED: the commands changed ${what}, so they did not run on the files that are judged`;
  return [cited(`${why}. Make that change in the work itself, or leave the files as they are while testing.`, ran)];
}

/** Code, message, place, and for figures of a report the event that holds it. */
export function findingText(finding: Finding, ran: VerifyRun): string {
  const { code, message, file, line, function: name, remedy } = finding;
  const place = file === "" ? "" : ` (${[`${file}:${line}`, name ?? ""].join(" ").trim()})`;
  const text = `${code}: ${message}${place}. ${remedy}`;
  return REPORTED.has(code) || finding.reported === true ? cited(text, ran) : text;
}

/** Findings whose figures come from what the commands wrote. */
export const REPORTED: ReadonlySet<string> = new Set(["ERROR_INSUFFICIENT_COVERAGE", "ERROR_UNTESTED_FUNCTIONS"]);

function cited(text: string, { event }: Pick<VerifyRun, "event">): string {
  return event === null ? text : `${text} [output: ${event}]`;
}

function coverageText(judgement: CoverageJudgement | undefined): string {
  if (judgement === undefined) return "n/a";
  const { lines, total } = judgement;
  if (lines === null || total === null) return "n/a (no function changed)";
  return `changed lines ${lines.toFixed(4)}, total ${total.toFixed(4)}`;
}
