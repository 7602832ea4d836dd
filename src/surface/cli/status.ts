import { OUTSIDE_CYCLES } from "../../memory/own-tasks.js";
import type { TaskStatus } from "../../schema/states.js";
import type { StatusReport } from "../../schema/status-report.js";
import type { CycleRow, TaskRow } from "../../store/cycle-rows.js";
import type { Store } from "../../store/store.js";
import { approvalLines } from "./approvals.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { costLines } from "./progress/cost-text.js";
import { type Colour, formatTokens, formatUsd, type Paint, paintFor, singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";
import { forEachProject } from "./projects.js";

/** Cycles in the list below the one shown. */
const LISTED = 10;

interface Options {
  all?: true;
  cycle?: number;
  watch?: true;
  outputFormat: OutputFormat;
}

/** `worknode status`: the newest cycle, or the one named: its tasks, agents, costs, and what waits. */
export const statusVerb: Verb = (context, args) => {
  const command = describeVerb(context, "status", "Show the newest cycle: tasks, agents, costs and what waits.")
    .option("--cycle <n>", "another cycle", wholeNumber(1))
    .option("--all", "every project of yours")
    .option("--watch", "again on every change, until the run under way ends")
    .addOption(formatOption());
  return withArguments<Options>(command, args, async ({ options }) => {
    if (options.all === true) return await showAll(context, options);
    return await withStore(context, async (store) => {
      const show = (): void => showStatus(context, store, options);
      if (options.watch === true) return await (await import("./watch-status.js")).watchStatus(context, store, show);
      show();
      return 0;
    });
  });
};

async function showAll(context: CliContext, { outputFormat }: Options): Promise<number> {
  const projects = await forEachProject(context, (store, project) => {
    return { project, ...reportOf(store, store.queries.maxCycle()) };
  });
  if (outputFormat === "json") {
    writeLine(context.out, JSON.stringify({ projects }));
    return 0;
  }
  if (projects.length === 0) writeLine(context.out, "No project yet. `worknode run PLAN` in a repository starts one.");
  for (const { project, ...report } of projects) {
    writeLine(context.out, project);
    print(context, report);
  }
  return 0;
}

function showStatus(context: CliContext, store: Store, { cycle, outputFormat }: Options): void {
  const report = reportOf(store, cycle ?? store.queries.maxCycle());
  if (outputFormat === "json") writeLine(context.out, JSON.stringify(report));
  else print(context, report);
}

function reportOf(store: Store, number: number): StatusReport {
  const { queries } = store;
  const cycle = queries.cycle(number) ?? null;
  const keys = ["cycle:current", `cycle:${number}:status`, `cycle:${number}:instruction`];
  return {
    cycle,
    keys: Object.fromEntries(keys.map((key) => [key, queries.kv(key) ?? null])),
    tasks: queries.tasks(number),
    own_tasks: number === OUTSIDE_CYCLES ? [] : queries.tasks(OUTSIDE_CYCLES),
    agents: queries.agents(number),
    usage: queries.usage(number),
    totals: queries.usageTotals(number) ?? null,
    counts: cycle === null ? null : queries.counts(number),
    approvals: queries.pendingApprovals(null),
    escalations: queries.openEscalations(number),
    cycles: queries.cycles(LISTED),
  };
}

function print(context: CliContext, report: StatusReport): void {
  const paint = paintFor(context);
  const lines =
    report.cycle === null
      ? ["No cycle yet. `worknode run PLAN` opens the first one.", ...report.tasks.map((task) => taskLine(task, paint))]
      : cycleLines(report.cycle, report, paint);
  for (const line of lines) writeLine(context.out, line);
}

function cycleLines(cycle: CycleRow, report: StatusReport, paint: Paint): string[] {
  const { totals, counts, approvals } = report;
  const sums =
    totals === null
      ? []
      : [
          `${formatTokens(totals.spent_tokens)} tokens, ${formatUsd(totals.spent_usd)} spent, ${formatUsd(totals.reserved_usd)} reserved, ${totals.requests} request(s)`,
        ];
  const happened =
    counts === null
      ? []
      : [`${counts.violations} violation(s), ${counts.alerts} alert(s), ${counts.executions} execution(s)`];
  return [
    paint("bold", `cycle ${cycle.number} ${cycle.status}${because(cycle.reason)}`),
    `  plan ${cycle.plan_id} (${singleLine(cycle.title)}), branch ${cycle.branch}, base ${cycle.base_commit.slice(0, 10)}`,
    ...[...sums, ...happened].map((line) => `  ${line}`),
    ...report.tasks.map((task) => taskLine(task, paint)),
    ...report.own_tasks.map((task) => taskLine(task, paint)),
    ...report.agents.map(
      ({ agent, task, tier, model, status }) => `  agent ${agent} on ${task}: ${tier}, ${model}, ${status}`,
    ),
    ...costLines(report.usage).map((line) => `  cost ${line}`),
    ...report.escalations.map(({ id, task, recipient, reason }) =>
      paint("yellow", `  escalation ${id} of ${task ?? "-"} to ${recipient}${because(reason)}`),
    ),
    ...(approvals.length === 0 ? [] : approvalLines(approvals)),
  ];
}

const COLOURS: Readonly<Partial<Record<TaskStatus, Colour>>> = {
  DONE: "green",
  BLOCKED: "red",
  REJECTED: "red",
  CANCELLED: "red",
  PENDING: "dim",
};

function taskLine(task: TaskRow, paint: Paint): string {
  const facts = [
    `${task.phase === "-" ? "" : `${task.phase}/`}${task.id} ${singleLine(task.title)} · ${task.agent ?? (task.owner === "" ? "nobody" : task.owner)}`,
    ...(task.attempts > 1 ? [`attempt ${task.attempts}`] : []),
    ...(task.commit === null ? [] : [task.commit.slice(0, 10)]),
    ...(task.waivers.length === 0 ? [] : [`waived: ${task.waivers.join(", ")}`]),
  ];
  return `  ${paint(COLOURS[task.status] ?? "cyan", task.status.padEnd(11))} ${facts.join(", ")}${because(task.reason)}`;
}

function because(reason: string | null): string {
  return reason === null || reason === "" ? "" : `: ${singleLine(reason)}`;
}
