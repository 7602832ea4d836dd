import type { PlanCommand, PlanCommandRun } from "../../effect/sandbox/plan-commands.js";
import { invalid } from "../../kernel/fault.js";
import { type CoverageFormat } from "../../measure/report/coverage.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { CheckFinding } from "../../schema/check-report.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { CommandsRan, ConfinedCommands } from "./confined-commands.js";
import { aboutFile } from "./finding.js";
import type { JudgedPlan } from "./plan-rules.js";

/** Characters of a failing command's output that a finding repeats. */
const MAX_TAIL_CHARS = 2_000;

/** A coverage report that a plan's commands wrote. */
export interface WrittenReport {
  readonly path: string;
  readonly text: string;
  readonly format: CoverageFormat;
  /** Where the commands saw the repository. */
  readonly root: string;
}

/** What the plan's commands said of exactly the commit that is judged. */
export interface TestRun {
  readonly findings: readonly CheckFinding[];
  readonly notes: readonly string[];
  /** The coverage reports they wrote; none where one of them failed. */
  readonly reports: readonly WrittenReport[];
}

/** Runs the plan's `verify` commands on the files of a commit, as a run does. Throws Fault NO_COMMANDS (exit 2). */
export async function runTests(
  { tasks, file }: JudgedPlan,
  { head, confined }: { head: string; confined: ConfinedCommands },
): Promise<TestRun> {
  const commands = commandsOf(tasks);
  if (commands.length === 0)
    throw invalid("NO_COMMANDS", `${file.path} names no command to verify by; leave --run out.`);
  return await confined.run(head, commands, async (ran) => {
    const failed = ran.runs.filter(isFailed);
    const written = failed.length > 0 ? NO_REPORTS : await writtenReports(tasks, ran, confined.root);
    return {
      findings: [...failed.map(finding), ...written.missing.map(noReport)],
      notes: ran.runs.map(
        ({ role, argv, exit_code }) => `${role}: ${argv.join(" ")} ended with ${exit_code ?? "no exit code"}`,
      ),
      reports: written.reports,
    };
  });
}

/** The commands that verify tasks, each once, in the order they run. */
export function commandsOf(tasks: readonly PlanTask[]): PlanCommand[] {
  const all = tasks.flatMap(verifyCommands).map((command) => [JSON.stringify(command), command] as const);
  return [...new Map(all).values()];
}

/** Whether a command did not end well, or was not run as one before it did not. */
export function isFailed({ exit_code }: PlanCommandRun): boolean {
  return exit_code !== 0;
}

/** How a command ended. */
export function endOf({ role, argv, exit_code, stopped }: PlanCommandRun): string {
  const end = stopped === null ? `ended with ${exit_code ?? "no exit code"}` : `was stopped (${stopped})`;
  return `${role} command ${argv.join(" ")} ${end}`;
}

const NO_REPORTS = { reports: [], missing: [] };

/** The reports that tasks name, as their commands wrote them, and why there is none of the others. */
export async function writtenReports(
  tasks: readonly PlanTask[],
  ran: CommandsRan,
  root: string,
): Promise<{ reports: readonly WrittenReport[]; missing: readonly string[] }> {
  const reports: WrittenReport[] = [];
  const missing: string[] = [];
  for (const [path, format] of reportFormats(tasks)) {
    const text = await ran.readWritten(path);
    if (text.ok) reports.push({ path, text: text.value, format, root });
    else missing.push(text.error);
  }
  return { reports, missing };
}

/** The reports that tasks name, and their formats. */
export function reportFormats(tasks: readonly PlanTask[]): Map<string, CoverageFormat> {
  const named = tasks.flatMap(({ verify }) => (verify?.coverage === undefined ? [] : [verify.coverage]));
  return new Map(named.map(({ report, format }) => [report, format]));
}

function noReport(why: string): CheckFinding {
  return aboutFile("", {
    rule: "tests",
    code: "ERROR_TESTS_FAILED",
    message: `${why}; the plan names it`,
    remedy: "Have them write it: without it nothing says what was tested.",
  });
}

function finding(run: PlanCommandRun): CheckFinding {
  const tail = `${run.stdout}\n${run.stderr}`.trim().slice(-MAX_TAIL_CHARS);
  return aboutFile("", {
    rule: "tests",
    code: "ERROR_TESTS_FAILED",
    figure: run.exit_code ?? 1,
    message: endOf(run),
    remedy: tail === "" ? "Make it succeed on exactly this commit." : `It said: ${tail}`,
  });
}
