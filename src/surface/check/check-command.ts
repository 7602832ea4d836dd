import { readFileSync } from "node:fs";
import { Option } from "commander";
import { invalid } from "../../kernel/fault.js";
import type { Language } from "../../measure/language.js";
import type { CheckMode, ProvenanceMode } from "../../schema/check-policy.js";
import { describeVerb, withArguments } from "../cli/arguments.js";
import type { CliContext, Verb } from "../cli/context.js";
import { singleLine } from "../cli/progress/paint.js";
import { CHECK_FORMATS, type CheckFormat, renderReport } from "./format/render.js";
import { HOOKS, type HookName } from "./hook-name.js";
import { type CheckWish, runCheck } from "./run-check.js";
import { writeReport } from "./write-report.js";

const MODES: readonly CheckMode[] = ["observe", "warn", "enforce"];
const PROVENANCE: readonly ProvenanceMode[] = ["require", "warn", "off"];

/** What differs between the installed worknode and the single file. */
export interface CheckProgram {
  readonly version: string;
  readonly loadMeasures: (languages: Iterable<Language | undefined>) => Promise<void>;
}

interface Flags extends Omit<CheckWish, "coverage" | "baseCoverage" | "approvedBy"> {
  readonly coverage?: string[];
  readonly baseCoverage?: string[];
  readonly approvedBy?: string[];
  readonly format: CheckFormat;
  readonly output?: string;
  readonly hook?: HookName;
}

/** `worknode check`: judges a change by the rules of its base. Exit codes as DESIGN §13. */
export function checkCommand(program: CheckProgram): Verb {
  return (context, args) => {
    const command = describeVerb(
      context,
      "check",
      "Judge a change by the rules of its base: limits, suppressions, coverage, a plan's files. Nothing the change brings along is trusted.",
    )
      .option(
        "--base <ref>",
        "what the change is compared with and whose rules hold (else CI's, the upstream, origin/HEAD)",
      )
      .option("--head <ref>", "what is judged (else HEAD)")
      .option("--staged", "judge what is staged, against HEAD")
      .option("--all", "judge every file of HEAD instead of a change")
      .option("--plan <file>", "judge by this plan as the base has it: its files, limits and waivers")
      .option("--task <id>", "allow the files of this task of the plan alone")
      .option(
        "--run",
        "run the plan's commands on exactly what is judged, in the sandbox; their report counts as --coverage",
      )
      .option("--coverage <file...>", "reports of the tests on exactly what is judged")
      .option("--base-coverage <file...>", "reports of the tests on the base: the total must not fall below them")
      .option("--approved-by <name...>", "who approved a change to the rules, as CI knows it")
      .option("--write-baseline", "with --all: write what is found as the baseline, or tighten the one there is")
      .addOption(
        new Option("--provenance <mode>", "whether commits must carry worknode's receipts").choices(PROVENANCE),
      )
      .option("--trust <file>", "trusted keys, as the base has them (else .worknode/trust.pem)")
      .addOption(new Option("--mode <mode>", "observe and warn tell, enforce fails").choices(MODES))
      .addOption(new Option("--format <format>", "how to print").choices([...CHECK_FORMATS]).default("text"))
      .addOption(new Option("--hook <name>", "judge what git's hook of this name is called for").choices([...HOOKS]))
      .argument("[arguments...]", "with --hook: what git gives the hook")
      .option("--output <file>", "write the report there and only its summary to the screen");
    return withArguments<Flags>(command, args, ({ options, values }) =>
      options.hook === undefined ? check(context, program, options, values) : hook(context, program, options, values),
    );
  };
}

/** A hook speaks on the standard error: what it writes elsewhere, git takes for an answer to somebody else. */
async function hook(
  context: CliContext,
  program: CheckProgram,
  { hook: name = "pre-commit", coverage = [], baseCoverage = [], approvedBy = [], format, ...wish }: Flags,
  args: readonly string[],
): Promise<number> {
  const place = { cwd: context.cwd, env: context.env, loadMeasures: program.loadMeasures };
  const call = { name, args, input: () => readFileSync(0, "utf8") };
  const { runHook } = await import("./hook-run.js");
  const { reports, notes, exitCode } = await runHook(place, { ...wish, coverage, baseCoverage, approvedBy }, call);
  for (const report of reports) context.err.write(renderReport(report, format, program.version));
  for (const note of notes) context.err.write(`worknode check: ${singleLine(note)}\n`);
  return exitCode;
}

async function check(
  context: CliContext,
  program: CheckProgram,
  flags: Flags,
  values: readonly string[],
): Promise<number> {
  if (values.length > 0) throw invalid("BAD_OPTIONS", `check takes options alone, not '${values.join(" ")}'.`);
  const { coverage = [], baseCoverage = [], approvedBy = [], format, output, ...wish } = flags;
  const place = { cwd: context.cwd, env: context.env, loadMeasures: program.loadMeasures };
  const report = await runCheck(place, { ...wish, coverage, baseCoverage, approvedBy });
  writeReport(context, report, { format, output, version: program.version });
  return report.exit_code;
}
