import { loadMeasures } from "../../src/crew/state/grammars.js";
import { type CheckReport, checkReportSchema } from "../../src/schema/check-report.js";
import { checkCommand } from "../../src/surface/check/check-command.js";
import { reportFault } from "../../src/surface/cli/report-fault.js";
import { makeContext } from "../unit/surface/screen.js";
import type { Repo } from "./harness.js";

/** What a run of `worknode check` left on its screens. */
export interface CheckRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `worknode check` in a repository, or below it. */
export async function check(repo: Pick<Repo, "dir" | "env">, ...args: string[]): Promise<CheckRun> {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  const verb = checkCommand({ version: "0.0.0", loadMeasures });
  const code = await verb(context, args).catch((thrown: unknown) => reportFault(context, thrown));
  return { code, out: context.printed(), err: context.complained() };
}

/** The same as a report that fits its schema. */
export async function checkReport(repo: Repo, ...args: string[]): Promise<CheckReport> {
  const run = await check(repo, ...args, "--format", "json");
  if (run.out === "") throw new Error(run.err);
  const report = checkReportSchema.parse(JSON.parse(run.out));
  if (report.exit_code !== run.code) throw new Error(`exit ${run.code}, reported ${report.exit_code}`);
  return report;
}

/** `rule file:line` of each finding. */
export function namesOf(report: CheckReport): string[] {
  return report.findings.map(({ rule, file, line }) => `${rule} ${file}:${line}`);
}

/** A function of a complexity, on lines from the first of the text. */
export function branchy(name: string, complexity: number): string {
  const tests = Array.from({ length: complexity - 1 }, (_, index) => `  if (n === ${index}) return ${index};`);
  return [`/** Answers n. */\nexport function ${name}(n: number): number {`, ...tests, "  return n;", "}", ""].join(
    "\n",
  );
}
