import { invalid } from "../../kernel/fault.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { singleLine } from "./progress/paint.js";
import type { ToolReport } from "../../crew/tool-call.js";

interface Flags {
  plan: string;
  task: string;
  dryRun?: true;
  yes?: true;
  outputFormat: OutputFormat;
}

/** `worknode tool NAME JSON --plan FILE --task ID`: one call as that task's agent, through the whole path. */
export const toolVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "tool",
    "Make one tool call as a task's agent; it shows why something is allowed or denied.",
  )
    .argument("<name>", "the tool, for example Write")
    .argument("<input>", "its input as JSON")
    .requiredOption("--plan <file>", "the plan")
    .requiredOption("--task <id>", "the task whose agent makes the call")
    .option("--dry-run", "decide, and touch nothing")
    .option("--yes", "approve the plan as it is")
    .addOption(formatOption());
  return withArguments<Flags>(command, args, ({ options, values }) => callOnce(context, values, options));
};

async function callOnce(context: CliContext, values: readonly string[], flags: Flags): Promise<number> {
  const { callTool } = await import("../../crew/tool-call.js");
  const { exitCode, report } = await callTool({
    cwd: context.cwd,
    env: context.env,
    signal: context.signal,
    planPath: flags.plan,
    task: flags.task,
    tool: values[0] ?? "",
    input: parseInput(values[1] ?? ""),
    dryRun: flags.dryRun === true,
    yes: flags.yes === true,
    ...(context.confirm === undefined ? {} : { confirm: context.confirm }),
  });
  if (flags.outputFormat === "json") writeLine(context.out, JSON.stringify(report));
  else print(context, report);
  return exitCode;
}

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(
      "BAD_INPUT",
      `The tool's input is not JSON: ${singleLine(text, 80)}. Quote it for the shell, for example '{"file_path": "README.md"}'.`,
      cause,
    );
  }
}

function print(context: CliContext, report: ToolReport): void {
  const say = (line: string) => writeLine(context.out, line);
  say(report.verdict.outcome);
  for (const { check, pass, reason } of report.verdict.checks)
    say(`  ${pass ? "pass" : "FAIL"}  ${check}${reason === undefined ? "" : `: ${singleLine(reason)}`}`);
  for (const { path, kind } of report.effects?.changes ?? [])
    say(`  ${report.effects?.kept === true ? "kept" : "discarded"}  ${kind} ${path}`);
  for (const { path, kind, rule } of report.effects?.refused ?? []) say(`  refused  ${kind} ${path} (${rule})`);
  if (report.result !== undefined)
    say(typeof report.result === "string" ? report.result : JSON.stringify(report.result, null, 2));
  if (report.workspace !== null) say(`workspace ${report.workspace}`);
}
