import { Option } from "commander";
import { FIRST_PLAN_PATH, type InitReport, initProject } from "../../crew/service/init.js";
import { CONFIG_PATH } from "../../crew/state/config.js";
import { visibleJson } from "../../kernel/visible.js";
import type { PackageManager } from "../../plan/survey/package-lock.js";
import type { PlanVerify } from "../../schema/plan-task.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { argvText } from "./argv-text.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { examine, printFindings } from "./doctor.js";
import type { Finding } from "./finding.js";
import { findModelWays, type ModelWays, readyLines, runtimeOf } from "./model-ways.js";
import { harmless, paintFor } from "./progress/paint.js";

const NOT_READY = 2;

interface Flags {
  packageManager?: PackageManager;
  outputFormat: OutputFormat;
}

/** `worknode init`: finds out how work here is verified, writes `.worknode/`, and runs `doctor`. */
export const initVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "init",
    "Look at this repository and write .worknode/: configuration and a first plan.",
  )
    .addOption(
      new Option("--package-manager <name>", "which counts, where the lock files do not say").choices([
        "npm",
        "pnpm",
        "yarn",
        "bun",
      ]),
    )
    .addOption(formatOption());
  return withArguments<Flags>(command, args, async ({ options }) => {
    const { packageManager } = options;
    const { cwd, env } = context;
    const report = await initProject({ cwd, env, ...(packageManager === undefined ? {} : { packageManager }) });
    const { findings, ready } = await examine(context);
    const able = ready && report.missing.length === 0;
    const ways = await findModelWays(env, findings);
    if (options.outputFormat === "json")
      writeLine(
        context.out,
        visibleJson({ ...report, ready: able, model: runtimeOf(ways), findings, claudeCode: ways.claude ?? null }),
      );
    else {
      for (const line of [...reportLines(report).map(harmless), ...noteLines(context, report)])
        writeLine(context.out, line);
      printFindings(context, withoutProbes(findings), [...readyLines(able, ways), ...nextLines(able, ways)]);
    }
    return able ? 0 : NOT_READY;
  });
};

/** Where a sandbox was found, how each part of each was tried is for `doctor` to tell. */
function withoutProbes(findings: readonly Finding[]): readonly Finding[] {
  const found = findings.some(({ name, ok }) => name === "sandbox" && ok);
  return found ? findings.filter(({ name }) => !name.startsWith("sandbox ")) : findings;
}

/** What to type next: the first plan, on what would answer it. */
function nextLines(ready: boolean, ways: ModelWays): string[] {
  if (!ready) return [];
  const runtime = runtimeOf(ways);
  if (runtime === null) return [`With one of the three: worknode run ${FIRST_PLAN_PATH}`];
  return [`Next: worknode run ${FIRST_PLAN_PATH}${runtime === "claude-code" ? " --runtime claude-code" : ""}`];
}

function reportLines({ config, written }: InitReport): string[] {
  const { packageManager, workspaces, languages, workspace, projects } = config;
  const facts: [string, readonly string[]][] = [
    ["languages", languages],
    ["packages", packageManager === undefined ? [] : [packageManager]],
    ["workspaces", workspaces],
    ["linked", workspace.link],
    ["toolchains", workspace.toolchains],
    ["prepare", workspace.prepare === undefined ? [] : [argvText(workspace.prepare.command)]],
  ];
  const known = facts.filter(([, values]) => values.length > 0);
  return [
    ...known.map(([name, values]) => `${name.padEnd(11)} ${values.join(", ")}`),
    ...projects.flatMap(({ path, kind, verify }) => [`${kind} in ${path}`, ...verifyLines(verify)]),
    ...[CONFIG_PATH, FIRST_PLAN_PATH].map((path) => `${written.includes(path) ? "wrote" : "kept "} ${path}`),
  ];
}

function verifyLines(verify: PlanVerify | undefined): string[] {
  if (verify === undefined) return ["  no tests"];
  const commands = (["compile", "lint", "test"] as const).flatMap((role) =>
    verify[role] === undefined ? [] : [`  ${role.padEnd(9)} ${argvText(verify[role])}`],
  );
  const { coverage } = verify;
  return [...commands, `  coverage  ${coverage === undefined ? "none" : `${coverage.report} (${coverage.format})`}`];
}

function noteLines(context: CliContext, { notes, missing }: InitReport): string[] {
  const paint = paintFor(context);
  return [
    ...notes.map((note) => `${paint("yellow", "!")} ${harmless(note)}`),
    ...missing.map(
      (program) => `${paint("red", "✗")} ${harmless(program)} is not installed: install it, or correct ${CONFIG_PATH}`,
    ),
  ];
}
