import type { CommandRun } from "../state/records.js";

/** Text the crew gives to models. Data from the repository or from other models is fenced and named as data. */

/** Facts about a task that its agents are told. */
export interface TaskBrief {
  id: string;
  title: string;
  phase: string;
  request: string;
  write: readonly string[];
  read: readonly string[];
  limits: { max_complexity: number; max_function_lines: number };
  verify: readonly { role: string; argv: readonly string[] }[];
  with: Readonly<Record<string, unknown>>;
  outputs: readonly string[];
  memory: string;
}

/** First message of a work conversation. */
export function workPrompt(brief: TaskBrief, root: string): string {
  const lines = [
    `Task ${brief.id}: ${brief.title}`,
    `Phase: ${brief.phase}`,
    `Workspace root: ${root}`,
    "",
    brief.request,
    "",
    `Files you may write: ${list(brief.write, "none")}`,
    `Where to look first: ${list(brief.read, "the whole workspace")}`,
    `Limits on every function you write: cyclomatic complexity at most ${brief.limits.max_complexity}, at most ${brief.limits.max_function_lines} lines.`,
  ];
  if (brief.verify.length > 0) lines.push("When you submit, these commands run on your work and must succeed:");
  for (const command of brief.verify) lines.push(`- ${command.role}: ${command.argv.join(" ")}`);
  for (const [name, value] of Object.entries(brief.with)) lines.push("", `Context ${name}:`, fence(asText(value)));
  if (brief.outputs.length > 0) lines.push("", `submit_result must give these outputs: ${brief.outputs.join(", ")}`);
  if (brief.memory !== "") lines.push("", "What the crew remembers:", fence(brief.memory));
  lines.push(
    "",
    "Call submit_result when the work is done and you have checked it, or report_blocker when you cannot go on.",
  );
  return lines.join("\n");
}

/** First message of a critic's conversation. */
export function criticPrompt(facts: {
  task: TaskBrief;
  root: string;
  summary: string;
  diff: string;
  commands: readonly CommandRun[];
  coverage: string;
  waivers: readonly string[];
}): string {
  return [
    `Judge the submitted result of task ${facts.task.id}: ${facts.task.title}`,
    `Workspace root: ${facts.root}`,
    "",
    "What was asked:",
    fence(facts.task.request),
    "What the worker says it did (a claim, not evidence):",
    fence(facts.summary),
    "The change against the task's base:",
    fence(facts.diff === "" ? "(no change)" : facts.diff),
    "Commands the rules ran on exactly this tree:",
    fence(facts.commands.length === 0 ? "(the plan names none)" : facts.commands.map(commandLine).join("\n")),
    `Coverage: ${facts.coverage}`,
    `Waived by a person in the approved plan: ${list(facts.waivers, "nothing")}`,
    "",
    "The rules have passed. Read what you need, then call submit_verdict. REJECT needs feedback that says exactly what must change.",
  ].join("\n");
}

/** First message of a second verdict on a task that is done (`decides`). */
export function secondVerdictPrompt(facts: {
  review: string;
  task: string;
  title: string;
  request: string;
  summary: string;
  files: readonly string[];
  commands: readonly CommandRun[];
  before: readonly string[];
  root: string;
}): string {
  return [
    `For ${facts.review}, give a second verdict on task ${facts.task} (${facts.title}), which is done and merged.`,
    `Workspace root: ${facts.root}`,
    "",
    "What was asked:",
    fence(facts.request),
    "What the worker says it did (a claim, not evidence):",
    fence(facts.summary),
    `Files it changed: ${list(facts.files, "none")}`,
    "Commands that verified it:",
    fence(facts.commands.length === 0 ? "(the plan names none)" : facts.commands.map(commandLine).join("\n")),
    ...(facts.before.length === 0
      ? []
      : ["What you found before, and what has been reworked since:", fence(facts.before.join("\n\n"))]),
    "",
    "Read what you need, then call submit_verdict. REJECT needs feedback that says exactly what must change: another task does it.",
  ].join("\n");
}

/** First message of the executive's plan review. */
export function planReviewPrompt(plan: { source: string; hash: string; root: string; memory: string }): string {
  return [
    "Review this plan before anything runs. You can only accept or refuse it.",
    `Plan hash: ${plan.hash}`,
    `Workspace root: ${plan.root}`,
    fence(plan.source),
    ...(plan.memory === "" ? [] : ["What the crew remembers:", fence(plan.memory)]),
    "Look at the repository where the plan depends on it, then call submit_plan_review with the risks you see.",
  ].join("\n");
}

/** First message of an auditor's conversation about one proposal. */
export function auditPrompt(proposal: { text: string; risk: number; hash: string; root: string }): string {
  return [
    `Audit one proposed call before it may run. Its risk score is ${proposal.risk} of 100.`,
    `Proposal hash: ${proposal.hash}`,
    `Workspace root: ${proposal.root}`,
    fence(proposal.text),
    "Call submit_verdict. ACCEPT lets exactly this call run; REJECT needs feedback.",
  ].join("\n");
}

/** First message of the executive's conversation about an escalation. */
export function escalationPrompt(facts: {
  task: string;
  title: string;
  owner: string;
  from: string;
  reason: string;
  needs: string;
  history: readonly string[];
  alerts: readonly string[];
  agents: readonly string[];
  write: readonly string[];
  mayExtend: readonly string[];
  root: string;
}): string {
  return [
    `Task ${facts.task} (${facts.title}), owned by ${facts.owner}, was escalated by ${facts.from}.`,
    `Workspace root: ${facts.root}`,
    "Reason:",
    fence(facts.reason),
    `Needs: ${facts.needs === "" ? "not said" : facts.needs}`,
    `Rejections so far: ${list(facts.history, "none")}`,
    `Alerts: ${list(facts.alerts, "none")}`,
    `Agents you can reassign to: ${list(facts.agents, "none")}`,
    `Files it may write: ${list(facts.write, "none")}`,
    `Files you may give it without asking anybody: ${list(facts.mayExtend, "none")}`,
    "",
    "Decide with resolve_escalation: retry (your reason is given to the worker as guidance), reassign, amend (patch { write: [path, ...] } gives it the fewest files more that unblock it; others than those above a person decides), or block (a person decides).",
  ].join("\n");
}

/** Said once to a worker that stopped without calling a tool. */
export const NUDGE =
  "You stopped without calling a tool. If the work is done, call the tool that hands it in; if you cannot go on, say so with report_blocker; otherwise continue.";

/** Appended where a reply was cut by its token limit: nothing of it was run. */
export const CUT_CALL =
  "This call was cut off by the reply's token limit and was not run. Send a smaller one: write large files in several Edits.";

function commandLine(run: CommandRun): string {
  return `${run.role}: ${run.argv.join(" ")} → exit ${run.exit_code ?? "none (stopped)"}`;
}

function list(items: readonly string[], none: string): string {
  return items.length === 0 ? none : items.join(", ");
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** Puts data between fences longer than any fence inside it, so that it cannot end the block itself. */
export function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const mark = "`".repeat(longest + 1);
  return `${mark}\n${text}\n${mark}`;
}
