import type { ProjectReport } from "../schema/project-report.js";
import type { TaskRow } from "../store/cycle-rows.js";
import type { Store } from "../store/store.js";
import { findOpenWork, nextActions } from "./actions.js";
import { listBlockers } from "./blockers.js";
import { OUTSIDE_CYCLES } from "./outside-cycles.js";
import { oneLine } from "./text.js";

/** Entries of each list. */
const MAX_ENTRIES = 500;
const UNDER_WAY = ["IN_PROGRESS", "VERIFIED", "REJECTED"] as const;

/** What happened in a project since a time (Unix epoch milliseconds), and what comes next (REQUIREMENTS 82). */
export function reportProject(store: Store, { sinceMs, root }: { sinceMs: number; root: string }): ProjectReport {
  const { queries } = store;
  const since = new Date(sinceMs).toISOString();
  const seq = queries.seqAt(since);
  const cycle = queries.latestIncompleteCycle();
  const totals = queries.usageAfter(seq);
  const numbers = [...(cycle === undefined ? [] : [cycle.number]), OUTSIDE_CYCLES];
  const issues = queries.issues(null, MAX_ENTRIES);
  return {
    project: root,
    since,
    until: new Date(store.clock.nowMs()).toISOString(),
    cycle: cycle === undefined ? null : { number: cycle.number, title: cycle.title, status: cycle.status },
    done: queries.tasksDoneAfter(since, MAX_ENTRIES).map(doneOf),
    in_progress: numbers.flatMap((each) => queries.tasksIn(each, UNDER_WAY, MAX_ENTRIES).map(startedOf)),
    next: numbers.flatMap((each) =>
      hasTasks(store, each) ? nextActions(store, findOpenWork(store, each)).slice(0, MAX_ENTRIES) : [],
    ),
    blockers: numbers.flatMap((each) => listBlockers(store, each).map(({ text }) => text)),
    deviation: cycle?.deviation ?? null,
    cost: { usd: totals.spent_usd, tokens: totals.spent_tokens, requests: totals.requests },
    decisions: queries
      .decisions(null, MAX_ENTRIES)
      .filter((row) => row.seq > seq)
      .map(({ record }) => ({ id: record.id, question: record.question, decision: record.decision })),
    issues: {
      seen: issues.filter((row) => row.seq > seq).length,
      resolved: issues.filter(({ resolved_seq }) => (resolved_seq ?? 0) > seq).length,
      open: queries.issues(0, MAX_ENTRIES).length,
    },
    violations: queries.violations(null, MAX_ENTRIES).filter((row) => row.seq > seq).length,
  };
}

function hasTasks(store: Store, cycle: number): boolean {
  return Object.keys(store.queries.countTasks(cycle)).length > 0;
}

function doneOf({ cycle, id, title, summary, ended_hlc, agent, owner }: TaskRow): ProjectReport["done"][number] {
  return { cycle, task: id, title, summary: summary ?? "", by: agent ?? owner, at: (ended_hlc ?? "").slice(0, 24) };
}

function startedOf({ cycle, id, title, status, agent, owner }: TaskRow): ProjectReport["in_progress"][number] {
  return { cycle, task: id, title, status, by: agent ?? owner };
}

/** The report as Markdown. */
export function renderReport(report: ProjectReport): string {
  const { cycle, cost, issues } = report;
  const deviation = report.deviation === null ? "n/a" : `${(report.deviation * 100).toFixed(1)} %`;
  const parts = [
    `# ${report.project}`,
    `${report.since} to ${report.until}${cycle === null ? "" : `, cycle ${cycle.number} (${oneLine(cycle.title)}), ${cycle.status}`}`,
    listed(
      "Done",
      report.done.map(
        ({ task, title, summary }) => `${task} (${oneLine(title)})${summary === "" ? "" : `: ${oneLine(summary)}`}`,
      ),
    ),
    listed(
      "In progress",
      report.in_progress.map(({ task, title, status, by }) => `${task} (${oneLine(title)}), ${status}, ${by}`),
    ),
    listed("Next", report.next),
    listed("Blockers", report.blockers),
    listed(
      "Decisions",
      report.decisions.map(({ id, question, decision }) => `${oneLine(question)}: ${oneLine(decision)} [${id}]`),
    ),
    listed("Figures", [
      `deviation ${deviation}`,
      `${cost.usd.toFixed(4)} USD, ${cost.tokens} tokens, ${cost.requests} requests`,
      `issues: ${issues.seen} seen, ${issues.resolved} resolved, ${issues.open} open`,
      `violations: ${report.violations}`,
    ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function listed(heading: string, lines: readonly string[]): string {
  return `## ${heading}\n\n${lines.length === 0 ? "none" : lines.map((line) => `- ${line}`).join("\n")}`;
}
