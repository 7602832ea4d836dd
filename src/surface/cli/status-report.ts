import { visibleJson } from "../../kernel/visible.js";
import { OUTSIDE_CYCLES } from "../../memory/outside-cycles.js";
import type { TaskStatus } from "../../schema/states.js";
import type { StatusReport } from "../../schema/status-report.js";
import type { AgentRow } from "../../store/agent-rows.js";
import type { CycleRow, TaskRow } from "../../store/cycle-rows.js";
import { callLease, isHolderAlive } from "../../store/lease.js";
import { openReader, type StoreReader } from "../../store/reader.js";
import { approvalOverview } from "./approval-lines.js";
import type { OutputFormat } from "./arguments.js";
import { type ReadingContext, writeLine } from "./context.js";
import { costLines } from "./progress/cost-text.js";
import { type Colour, formatTokens, formatUsd, type Paint, paintFor, singleLine } from "./progress/paint.js";
import { locateProject } from "./project.js";

/** Cycles in the list below the one shown. */
const LISTED = 10;

/** Which cycle to show (the newest by default), and how. */
export interface StatusOptions {
  cycle?: number;
  outputFormat?: OutputFormat;
}

/** Prints where the newest cycle of this repository stands. Throws what opening the store throws. */
export function showStatus(context: ReadingContext): number {
  const store = openReader(locateProject(context).databasePath);
  try {
    printStatus(context, store, {});
    return 0;
  } finally {
    store.close();
  }
}

/** Prints where a cycle stands. */
export function printStatus(context: ReadingContext, store: StoreReader, options: StatusOptions): void {
  const number = options.cycle ?? store.queries.maxCycle();
  if (options.outputFormat === "json") writeLine(context.out, visibleJson(reportOf(store, number)));
  else for (const line of statusLines(store, number, paintFor(context))) writeLine(context.out, line);
}

/** What `status` prints for people. */
interface Standing {
  readonly runner: StatusReport["runner"];
  readonly tasks: TaskRow[];
  /** Tasks outside plans. */
  readonly own_tasks: TaskRow[];
  readonly agents: StatusReport["agents"];
  readonly usage: ReturnType<StoreReader["queries"]["usage"]>;
  readonly totals: NonNullable<ReturnType<StoreReader["queries"]["usageTotals"]>> | null;
  readonly counts: NonNullable<ReturnType<StoreReader["queries"]["loudCounts"]>> | null;
  readonly approvals: ReturnType<StoreReader["queries"]["pendingApprovals"]>;
  readonly escalations: ReturnType<StoreReader["queries"]["openEscalations"]>;
}

/** Who holds a cycle. A process that was killed holds it still, until `continue` takes it over. */
function runnerOf({ lease }: StoreReader, number: number): StatusReport["runner"] {
  const held = lease.read(`cycle:${number}`);
  if (held?.held !== true) return null;
  return { pid: held.pid, owner: held.owner, alive: isHolderAlive(held) };
}

/** An agent, and whether what it works in is there: its run, or the `worknode tool` that makes its one call. */
function agentOf({ lease }: StoreReader, agent: AgentRow, runner: Standing["runner"]): Standing["agents"][number] {
  if (agent.status !== "ACTIVE") return { ...agent, alive: null };
  const call = lease.read(callLease(agent));
  return { ...agent, alive: call?.held === true ? isHolderAlive(call) : runner?.alive === true };
}

function standingOf(store: StoreReader, number: number): Standing {
  const { queries } = store;
  const runner = runnerOf(store, number);
  return {
    runner,
    tasks: queries.tasks(number),
    own_tasks: number === OUTSIDE_CYCLES ? [] : queries.tasks(OUTSIDE_CYCLES),
    agents: queries.agents(number).map((agent) => agentOf(store, agent, runner)),
    usage: queries.usage(number),
    totals: queries.usageTotals(number) ?? null,
    counts: queries.loudCounts(number) ?? null,
    approvals: queries.pendingApprovals(null),
    escalations: queries.openEscalations(number),
  };
}

/** What `status --output-format json` prints. */
export function reportOf(store: StoreReader, number: number): StatusReport {
  const { queries } = store;
  const cycle = queries.cycle(number) ?? null;
  const keys = ["cycle:current", `cycle:${number}:status`, `cycle:${number}:instruction`];
  const { runner, tasks, own_tasks, agents, usage, totals, approvals, escalations } = standingOf(store, number);
  return {
    cycle,
    runner,
    keys: Object.fromEntries(keys.map((key) => [key, queries.kv(key) ?? null])),
    tasks,
    own_tasks,
    agents,
    usage,
    totals,
    counts: cycle === null ? null : queries.counts(number),
    approvals,
    escalations,
    cycles: queries.cycles(LISTED),
  };
}

/** Where a cycle stands, as lines for people. */
export function statusLines(store: StoreReader, number: number, paint: Paint): string[] {
  const cycle = store.queries.cycle(number);
  if (cycle !== undefined) return cycleLines(cycle, standingOf(store, number), paint);
  const newest = store.queries.maxCycle();
  if (newest > 0) return [`There is no cycle ${number}; the newest is ${newest}.`];
  const tasks = store.queries.tasks(number).map((task) => taskLine(task, paint));
  return ["No cycle yet. `worknode run PLAN` opens the first one.", ...tasks];
}

function cycleLines(cycle: CycleRow, report: Standing, paint: Paint): string[] {
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
    ...runnerLines(report.runner, paint),
    ...[...sums, ...happened].map((line) => `  ${line}`),
    ...report.tasks.map((task) => taskLine(task, paint)),
    ...report.own_tasks.map((task) => taskLine(task, paint)),
    ...report.agents.map(agentLine),
    ...costLines(report.usage).map((line) => `  cost ${line}`),
    ...report.escalations.map(({ id, task, recipient, reason }) =>
      paint("yellow", `  escalation ${id} of ${task ?? "-"} to ${recipient}${because(reason)}`),
    ),
    ...(approvals.length === 0 ? [] : approvalOverview(approvals)),
  ];
}

function runnerLines(runner: Standing["runner"], paint: Paint): string[] {
  if (runner === null) return [];
  if (runner.alive) return [`  run by process ${runner.pid} (${runner.owner})`];
  const text = `  its process ${runner.pid} (${runner.owner}) is gone; \`worknode continue\` carries on`;
  return [paint("yellow", text)];
}

/** An agent whose process died was active when it did; nobody was left to record its end. */
function agentLine({ agent, task, tier, model, status, alive }: Standing["agents"][number]): string {
  const gone = alive === false ? ", its process is gone" : "";
  return `  agent ${agent} on ${task}: ${tier}, ${model}, ${status}${gone}`;
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
