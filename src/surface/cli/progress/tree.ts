import type { TaskStatus } from "../../../schema/states.js";
import { type Colour, formatElapsed, formatTokens, formatUsd, type Paint, singleLine } from "./paint.js";
import { type RunState, reservedUsd, type TaskView } from "./run-state.js";

const LOOKS: Readonly<Record<TaskStatus, { mark: string; colour: Colour }>> = {
  PENDING: { mark: "·", colour: "dim" },
  READY: { mark: "·", colour: "dim" },
  IN_PROGRESS: { mark: "▸", colour: "cyan" },
  BLOCKED: { mark: "✗", colour: "red" },
  VERIFIED: { mark: "✓", colour: "cyan" },
  DONE: { mark: "✓", colour: "green" },
  REJECTED: { mark: "↺", colour: "yellow" },
  SKIPPED: { mark: "-", colour: "dim" },
  CANCELLED: { mark: "✗", colour: "red" },
};

const ENDED: ReadonlySet<string> = new Set(["DONE", "SKIPPED"]);

/** Rows of the tree at most; long plans show what moves and count the rest. */
const MAX_TASK_ROWS = 24;

/** The live tree: one header, phases with their tasks, agents with tokens and cost. Lines fit `columns`. */
export function treeLines(state: RunState, paint: Paint, screen: { columns: number; elapsedMs: number }): string[] {
  const held = reservedUsd(state);
  const money = `${formatUsd(state.usd)}${held > 0 ? ` (+${formatUsd(held)} reserved)` : ""}`;
  const figures = `${formatTokens(state.tokens)} tokens · ${money} · ${state.denials} denied · ${formatElapsed(screen.elapsedMs)}`;
  const lines = [paint("bold", fit(`cycle ${state.cycle} ${state.status} · ${figures}`, screen.columns))];
  const shown = chooseTasks(state);
  for (const phase of state.phases) {
    const status = phaseStatus(state, phase);
    lines.push(paint(status === "active" ? "bold" : "dim", fit(` ${phase} · ${status}`, screen.columns)));
    const tasks = shown.filter((task) => task.phase === phase);
    lines.push(...tasks.map((task) => taskLine(task, paint, screen.columns)));
  }
  const hidden = state.tasks.size - shown.length;
  if (hidden > 0) lines.push(paint("dim", `  … and ${hidden} more task(s)`));
  return lines;
}

function phaseStatus(state: RunState, phase: string): "waiting" | "active" | "done" {
  const statuses = [...state.tasks.values()].filter((task) => task.phase === phase).map((task) => task.status);
  if (statuses.every((status) => ENDED.has(status))) return "done";
  return state.started.has(phase) ? "active" : "waiting";
}

function chooseTasks(state: RunState): TaskView[] {
  const all = [...state.tasks.values()];
  if (all.length <= MAX_TASK_ROWS) return all;
  const moving = all.filter((task) => !["PENDING", "DONE", "SKIPPED"].includes(task.status));
  return moving.slice(0, MAX_TASK_ROWS);
}

function taskLine(task: TaskView, paint: Paint, columns: number): string {
  const facts = [
    `${task.id} ${task.title}`,
    task.agent,
    task.status,
    ...(task.attempts > 1 ? [`attempt ${task.attempts}`] : []),
    ...(task.tokens > 0 ? [`${formatTokens(task.tokens)} tokens ${formatUsd(task.usd)}`] : []),
    ...(task.activity === "" ? [] : [task.activity]),
  ];
  const look = LOOKS[task.status];
  return paint(look.colour, fit(`  ${look.mark} ${facts.join(" · ")}`, columns));
}

function fit(text: string, columns: number): string {
  const indent = /^ */.exec(text)?.[0] ?? "";
  return indent + singleLine(text, Math.max(10, columns - 1 - indent.length));
}
