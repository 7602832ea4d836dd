import { renderDenials } from "../../crew/state/denial-text.js";
import { invalid } from "../../kernel/fault.js";
import { oneLine, visibleItem, visibleJson } from "../../kernel/visible.js";
import type { ToolReport } from "../../schema/tool-report.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { harmless, singleLine } from "./progress/paint.js";

/** Denials printed of effects that were discarded. */
const MAX_REASONS = 10;

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
  const { callTool } = await import("../../crew/service/tool-call.js");
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
  if (flags.outputFormat === "json") writeLine(context.out, visibleJson(report));
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
  const { verdict, effects, result, workspace } = report;
  const checks = verdict.checks.map(
    ({ check, pass, reason }) => `  ${pass ? "pass" : "FAIL"}  ${check}${reason === undefined ? "" : `: ${reason}`}`,
  );
  const came = effects === undefined ? [] : [...effectLines(effects), ...reasons(effects)];
  const lines = [verdict.outcome, ...checks, ...came].map(visibleItem);
  if (result !== undefined) lines.push(harmless(typeof result === "string" ? result : JSON.stringify(result, null, 2)));
  if (workspace !== null) lines.push(`workspace ${workspace}`);
  for (const line of lines) writeLine(context.out, line);
}

function effectLines({ kept, changes, refused }: NonNullable<ToolReport["effects"]>): string[] {
  return [
    ...(kept ? [] : ["  Nothing that the command did was kept:"]),
    ...changes.map(({ path, kind }) => `  ${kept ? "kept" : "discarded"}  ${kind} ${oneLine(path)}`),
    ...refused.map(({ path, kind, rule }) => `  refused  ${kind} ${oneLine(path)} (${rule})`),
  ];
}

/** Why effects were discarded, as the agent is told: the first few denials in full. */
function reasons({ denials }: NonNullable<ToolReport["effects"]>): string[] {
  const shown = renderDenials(denials.slice(0, MAX_REASONS))
    .split("\n")
    .filter((line) => line !== "");
  const more = denials.length - MAX_REASONS;
  return [...shown, ...(more > 0 ? [`and ${more} more, of the changes named above`] : [])].map((line) => `  ${line}`);
}
