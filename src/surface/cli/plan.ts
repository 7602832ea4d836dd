import { resolve } from "node:path";
import { rosterFaults } from "../../crew/agent/roster.js";
import { rosterPlaces } from "../../crew/cycle/assemble.js";
import { requireApproval } from "../../crew/cycle/opening.js";
import { withProject } from "../../crew/cycle/project.js";
import { parsePlan, readPlanText } from "../../crew/state/plan-source.js";
import { locateRepository } from "../../effect/repository/repository-location.js";
import { toolchainFaults } from "../../effect/sandbox/toolchain-refusal.js";
import { invalid } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import { explainPlan } from "../../plan/explain-plan.js";
import { type LoadedPlan, loadPlan, placeIn } from "../../plan/load-plan.js";
import { formatFault, hasErrors, type PlanFault, sortFaults } from "../../plan/plan-fault.js";
import { planJsonSchema } from "../../plan/plan-json-schema.js";
import { unsupported } from "../../plan/unsupported.js";
import type { Plan } from "../../schema/plan.js";
import { collectInput, describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import type { PlanTestReport } from "./plan-test.js";
import { singleLine } from "./progress/paint.js";

const INVALID = 2;
const UNVERIFIED = 4;

const draft: Verb = async (context, args) => await (await import("./draft.js")).planNewVerb(context, args);

const VERBS: Readonly<Record<string, Verb>> = { new: draft, lint, explain, schema, test, approve };

/** `worknode plan new|lint|explain|schema|test|approve`. */
export const planVerb: Verb = (context, args) => {
  const [name = "--help", ...rest] = args;
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb !== undefined) return verb(context, rest);
  const command = describeVerb(context, "plan", "Draft a plan, check it, read it, approve it.");
  command.command("new <goal>").description("have the executive draft one; nothing runs");
  command.command("lint <plan>").description("every fault with its line and column");
  command.command("explain <plan>").description("every branch of it in words");
  command.command("schema").description("its JSON Schema, for editors");
  command.command("test <plan>").description("its flow on mocked answers, in a throw-away clone");
  command.command("approve <plan>").description("record your consent to exactly these bytes");
  return withArguments(command, args, async () => INVALID);
};

interface Flags {
  outputFormat: OutputFormat;
}

function lint(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(context, "plan lint", "Report every fault of a plan with its line and column.")
    .argument("<plan>", "the plan's YAML file")
    .addOption(formatOption());
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const path = values[0] ?? "";
    const loaded = loadPlan(readPlanText(path, context.cwd), path);
    const { faults, later } = lookFurther(context, loaded);
    const ok = loaded.plan !== undefined && !hasErrors(faults);
    const verdict = ok ? "the plan is sound" : `${faults.length} fault(s)`;
    if (options.outputFormat === "json") writeLine(context.out, visibleJson({ ok, faults, not_supported_yet: later }));
    else for (const line of [...faultLines(path, faults, later), `${path}: ${verdict}`]) writeLine(context.out, line);
    return ok ? 0 : INVALID;
  });
}

/** What only a plan that could be read can be asked: its agents' files, and what cannot be run yet. */
function lookFurther(
  context: CliContext,
  { plan, faults }: LoadedPlan,
): { faults: readonly PlanFault[]; later: PlanFault[] } {
  if (plan === undefined) return { faults, later: [] };
  const found = [...agentFaults(context, plan), ...shownFaults(context, plan)];
  return { faults: sortFaults([...faults, ...found]), later: unsupported(plan) };
}

/** Toolchains that a run in this repository would refuse to show, at the entries that name them; none outside a repository. */
function shownFaults(context: CliContext, plan: Plan): PlanFault[] {
  const location = locateRepository(context.cwd, context.env);
  if (location === undefined) return [];
  const { stateDir, root } = location;
  const found = toolchainFaults(plan.workspace.toolchains ?? [], { home: context.env["HOME"], stateDir, root });
  return found.map(({ index, message }) => ({
    ...placeIn(plan, ["workspace", "toolchains", index]),
    code: "toolchain-refused",
    message,
    severity: "error",
  }));
}

/** Agent files that a run in this repository would refuse, at the agents that name them; none outside a repository. */
function agentFaults(context: CliContext, plan: Plan): PlanFault[] {
  const location = locateRepository(context.cwd, context.env);
  if (location === undefined) return [];
  return rosterFaults(plan, rosterPlaces(location.root, context.env)).map(({ agent, message }) => ({
    ...placeIn(plan, ["agents", agent]),
    code: "bad-agent-file",
    message,
    severity: "error",
  }));
}

/** Every fault, and every part that is sound and cannot be run yet. */
function faultLines(path: string, faults: readonly PlanFault[], later: readonly PlanFault[]): string[] {
  const told = later.map(
    (fault): PlanFault => ({ ...fault, severity: "warning", message: `${fault.message} (refused by \`run\`)` }),
  );
  return [...faults, ...told].map((fault) => formatFault(path, fault));
}

function explain(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(context, "plan explain", "Print every branch of a plan, from its file alone.").argument(
    "<plan>",
    "the plan's YAML file",
  );
  return withArguments(command, args, async ({ values }) => {
    const path = values[0] ?? "";
    const { plan, faults } = loadPlan(readPlanText(path, context.cwd), path);
    if (plan === undefined || hasErrors(faults)) {
      for (const fault of faults) writeLine(context.err, formatFault(path, fault));
      return INVALID;
    }
    context.out.write(explainPlan(plan));
    return 0;
  });
}

function schema(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(context, "plan schema", "Print the JSON Schema of plans.");
  return withArguments(command, args, async () => {
    writeLine(context.out, visibleJson(planJsonSchema(), 2));
    return 0;
  });
}

function test(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(
    context,
    "plan test",
    "Run a plan's flow on mocked answers, in a throw-away clone of HEAD.",
  )
    .argument("<plan>", "the plan's YAML file")
    .option("--script <file>", "what the agents answer, and the path that is expected (docs/scripted-model.md)")
    .option("--mock <file>", "the same as --script")
    .option("--input <name=value>", "a value of the plan's inputs (repeat it for more)", collectInput, {})
    .addOption(formatOption());
  return withArguments<Flags & { script?: string; mock?: string; input: Record<string, string> }>(
    command,
    args,
    async ({ options, values }) => {
      const script = scriptOf(options);
      const path = resolve(context.cwd, values[0] ?? "");
      const { testPlan } = await import("./plan-test.js");
      const source = parsePlan(readPlanText(path, context.cwd), path);
      const report = await testPlan(context, source, { script, inputs: options.input });
      if (options.outputFormat === "json") writeLine(context.out, visibleJson(report));
      else for (const line of testLines(report)) writeLine(context.out, singleLine(line));
      return report.ok ? 0 : UNVERIFIED;
    },
  );
}

/** `--mock` is another word for `--script`. */
function scriptOf({ script, mock }: { script?: string; mock?: string }): string {
  const one = script ?? mock;
  if (one !== undefined && (script === undefined || mock === undefined)) return one;
  throw invalid("BAD_INPUT", "plan test needs one script: --script FILE (docs/scripted-model.md).");
}

function testLines({ ok, tasks, steps, exitCode, reason, reasons, unmet }: PlanTestReport): string[] {
  return [
    ...Object.entries(tasks).map(
      ([id, status]) => `${status.padEnd(9)} ${id}${reasons[id] === undefined ? "" : `: ${reasons[id]}`}`,
    ),
    ...Object.entries(steps).map(([step, status]) => `${status.padEnd(9)} ${step}`),
    `exit ${exitCode}: ${reason}`,
    ...unmet.map((fault) => `not as expected: ${fault}`),
    ok ? "The flow is as expected." : "The flow is not as expected.",
  ];
}

function approve(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(context, "plan approve", "Record your consent to exactly these bytes of a plan.")
    .argument("<plan>", "the plan's YAML file")
    .addOption(formatOption());
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const path = resolve(context.cwd, values[0] ?? "");
    const source = parsePlan(readPlanText(path, context.cwd), path);
    await withProject(context, (project) =>
      requireApproval(project, source, { env: context.env, yes: true, via: "plan approve" }),
    );
    const report = { approved: true, plan_id: source.plan.id, plan_hash: source.hash };
    writeLine(
      context.out,
      options.outputFormat === "json"
        ? visibleJson(report)
        : `Approved ${source.plan.id}, SHA-256 ${source.hash}. A changed byte needs a new approval.`,
    );
    return 0;
  });
}
