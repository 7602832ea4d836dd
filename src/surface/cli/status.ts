import type { CycleRow, TaskRow } from "../../store/cycle-rows.js";
import type { Store } from "../../store/store.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { approvalLines } from "./approvals.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { formatTokens, formatUsd, type Paint, paintFor, singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";

/** Cycles in the list below the one shown. */
const LISTED = 10;

interface Options {
  cycle?: number;
  outputFormat: OutputFormat;
}

/** `worknode status`: the newest cycle, or the one named: its tasks, agents, costs, and what waits. */
export const statusVerb: Verb = (context, args) => {
  const command = describeVerb(context, "status", "Show the newest cycle: tasks, agents, costs and what waits.")
    .option("--cycle <n>", "another cycle", wholeNumber(1))
    .addOption(formatOption());
  return withArguments<Options>(command, args, ({ options }) =>
    withStore(context, (store) => {
      const report = reportOf(store, options.cycle ?? store.queries.maxCycle());
      if (options.outputFormat === "json") writeLine(context.out, JSON.stringify(report));
      else print(context, report);
      return 0;
    }),
  );
};

/** What `status --output-format json` prints. */
interface StatusReport {
  readonly cycle: CycleRow | null;
  readonly keys: Readonly<Record<string, unknown>>;
  readonly tasks: readonly TaskRow[];
  readonly agents: ReturnType<Store["queries"]["agents"]>;
  readonly usage: ReturnType<Store["queries"]["usage"]>;
  readonly totals: NonNullable<ReturnType<Store["queries"]["usageTotals"]>> | null;
  readonly counts: ReturnType<Store["queries"]["counts"]> | null;
  readonly approvals: ReturnType<Store["queries"]["pendingApprovals"]>;
  readonly escalations: ReturnType<Store["queries"]["openEscalations"]>;
  readonly cycles: readonly CycleRow[];
}

function reportOf(store: Store, number: number): StatusReport {
  const { queries } = store;
  const cycle = queries.cycle(number) ?? null;
  const keys = ["cycle:current", `cycle:${number}:status`, `cycle:${number}:instruction`];
  return {
    cycle,
    keys: Object.fromEntries(keys.map((key) => [key, queries.kv(key) ?? null])),
    tasks: queries.tasks(number),
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
  const say = (line: string) => writeLine(context.out, line);
  const { cycle, totals } = report;
  if (cycle === null || totals === null) return say("No cycle yet. `worknode run PLAN` opens the first one.");
  const why = cycle.reason === null ? "" : `: ${singleLine(cycle.reason)}`;
  say(paint("bold", `cycle ${cycle.number} ${cycle.status}${why}`));
  say(
    `  plan ${cycle.plan_id} (${singleLine(cycle.title)}), branch ${cycle.branch}, base ${cycle.base_commit.slice(0, 10)}`,
  );
  say(
    `  ${formatTokens(totals.spent_tokens)} tokens, ${formatUsd(totals.spent_usd)} spent, ${formatUsd(totals.reserved_usd)} reserved, ${totals.requests} request(s)`,
  );
  if (report.counts !== null)
    say(
      `  ${report.counts.violations} violation(s), ${report.counts.alerts} alert(s), ${report.counts.executions} execution(s)`,
    );
  for (const task of report.tasks) printTask(say, paint, task);
  for (const agent of report.agents)
    say(`  agent ${agent.agent} on ${agent.task}: ${agent.tier}, ${agent.model}, ${agent.status}`);
  for (const each of report.escalations)
    say(
      paint(
        "yellow",
        `  escalation ${each.id} of ${each.task ?? "-"} to ${each.recipient}: ${singleLine(each.reason)}`,
      ),
    );
  if (report.approvals.length > 0) for (const line of approvalLines(report.approvals)) say(line);
}

function printTask(say: (line: string) => void, paint: Paint, task: TaskRow): void {
  const colour = task.status === "DONE" ? "green" : task.status === "BLOCKED" ? "red" : "cyan";
  const attempts = task.attempts > 1 ? `, attempt ${task.attempts}` : "";
  const commit = task.commit === null ? "" : `, ${task.commit.slice(0, 10)}`;
  const why = task.reason === null ? "" : `: ${singleLine(task.reason)}`;
  const waived = task.waivers.length === 0 ? "" : ` (waived: ${task.waivers.join(", ")})`;
  say(
    `  ${paint(colour, task.status.padEnd(11))} ${task.phase}/${task.id} ${singleLine(task.title)} · ${task.agent ?? task.owner}${attempts}${commit}${waived}${why}`,
  );
}
