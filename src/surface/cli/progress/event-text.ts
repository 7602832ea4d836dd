import type { AnyEvent } from "../../../schema/event.js";
import { askedLine } from "../approval-lines.js";
import { type Colour, formatTokens, formatUsd, singleLine } from "./paint.js";
import { objectOf } from "./run-state.js";

/** One thing that happened, as a person reads it. */
export interface Notice {
  readonly mark: string;
  readonly colour: Colour;
  readonly text: string;
}

type Say = { [T in AnyEvent["type"]]?: (event: Extract<AnyEvent, { type: T }>) => Notice | undefined };

const SAY: Say = {
  CYCLE_STARTED: ({ payload }) =>
    notice(
      "▶",
      "bold",
      `cycle ${payload.cycle}: ${payload.title} (${payload.tasks.length} tasks, branch ${payload.branch})`,
    ),
  SESSION_STARTED: ({ payload }) =>
    payload.resumed ? notice("▶", "bold", `cycle ${payload.cycle} resumed by process ${payload.pid}`) : undefined,
  PLAN_REVIEWED: ({ actor, payload }) => {
    const risks = payload.risks.length === 0 ? "" : `; risks: ${payload.risks.join("; ")}`;
    const accepted = payload.decision === "ACCEPT";
    const text = `plan review by ${actor}: ${payload.decision}${risks}${feedbackOf(payload.feedback)}`;
    return notice(accepted ? "✓" : "✗", accepted ? "green" : "red", text);
  },
  PHASE_STARTED: ({ payload }) => notice("■", "bold", `phase ${payload.phase}`),
  CHECKPOINT: ({ payload }) =>
    payload.pass
      ? undefined
      : notice("✗", "red", `checkpoint of ${payload.phase} failed: ${payload.error ?? payload.expression}`),
  TASK_STARTED: (event) =>
    notice("→", "cyan", `${event.task}: ${event.payload.agent} starts, attempt ${event.payload.attempt}`),
  TASK_STATUS: (event) => statusNotice(event),
  STEP_ENDED: (event) => stepNotice(event),
  VERDICT: (event) => verdictNotice(event),
  EFFECT_KEPT: (event) => {
    const paths = event.payload.changes.map((change) => `${change.path} (${change.kind})`);
    return paths.length === 0 ? undefined : notice("✎", "dim", `${placeOf(event)} kept ${paths.join(", ")}`);
  },
  EFFECT_DISCARDED: (event) => {
    const refused = event.payload.refused.map((each) => `${each.path} (${each.rule})`).join(", ");
    return notice("✗", "red", `${placeOf(event)} effects discarded: ${event.payload.reason} ${refused}`);
  },
  SECURITY_VIOLATION: (event) => {
    const { subject, object, code, message } = event.payload;
    return notice("✗", "red", `${placeOf(event)} violation by ${subject} on ${object}: ${code} "${message}"`);
  },
  ALERT: ({ task, payload }) =>
    notice("!", "yellow", `${task ?? "-"}: ${payload.to} is told (${payload.severity}): ${payload.message}`),
  MODEL_FAILED: (event) =>
    notice(
      "~",
      "yellow",
      `${event.task ?? "-"}: model request ${event.payload.request}, attempt ${event.payload.attempt}: ${event.payload.failure_class} (${event.payload.message})`,
    ),
  MODEL_RESPONSE: (event) =>
    event.payload.attempts > 1
      ? notice("~", "green", `${event.task ?? "-"}: reply received whole at attempt ${event.payload.attempts}`)
      : undefined,
  VERIFIED: (event) => verifiedNotice(event),
  REWORK_OPENED: ({ payload: { id, of, by, number, feedback } }) =>
    notice("✗", "yellow", `${of}: second verdict REJECT by ${by}, rework ${number} is ${id}${feedbackOf(feedback)}`),
  TASK_REJECTED: (event) =>
    notice(
      "✗",
      "yellow",
      `${event.task}: REJECT by ${event.payload.by}, attempt ${event.payload.attempt}${feedbackOf(event.payload.feedback)}`,
    ),
  EVENT_TASK_COMPLETED: (event) =>
    notice("✓", "green", `${event.task}: done at attempt ${event.payload.attempts}: ${event.payload.summary}`),
  TASK_MERGED: (event) =>
    notice("⎇", "dim", `${event.task}: merged into ${event.payload.branch} as ${event.payload.commit.slice(0, 10)}`),
  BATCH_VERIFIED: ({ payload: { tasks, pass, faults } }) =>
    pass
      ? notice("✓", "green", `${tasks.join(", ")}: verified together in the sandbox`)
      : notice("✗", "yellow", `${tasks.join(", ")}: not green together, tried apart${feedbackOf(faults.join("\n"))}`),
  LANDED: ({ payload }) =>
    notice("⎇", "green", `landed on ${payload.branch} as ${payload.commit.slice(0, 10)} by ${payload.by.os_user}`),
  AGENT_SPAWNED: ({ payload }) =>
    payload.parent === null
      ? undefined
      : notice("+", "cyan", `${payload.parent} spawned ${payload.agent.id} (${payload.tier}, ${payload.model})`),
  ESCALATION: (event) =>
    notice(
      "!",
      "yellow",
      `${event.task ?? "-"}: ${event.payload.from} escalates to ${event.payload.to}: ${event.payload.reason}`,
    ),
  ESCALATION_RESOLVED: (event) =>
    notice(
      "!",
      "cyan",
      `${event.task ?? "-"}: ${event.payload.by} decides ${event.payload.action}: ${event.payload.reason}`,
    ),
  APPROVAL_REQUESTED: ({ task, payload }) =>
    notice("?", "yellow", `${task ?? "-"}: waits for a person: ${askedLine(payload)}`),
  APPROVAL_RESOLVED: ({ payload }) =>
    notice("?", "cyan", `${payload.id} ${payload.decision} by ${payload.by}: ${payload.reason}`),
  BUDGET_REFUSED: ({ task, payload }) =>
    notice(
      "✗",
      "red",
      `${task ?? "-"}: over budget: ${payload.what} needs ${amount(payload.needed, payload.unit)}, left ${amount(payload.left, payload.unit)}`,
    ),
  DEVIATION: ({ payload }) =>
    payload.alert ? notice("!", "yellow", `plan deviation ${(payload.value * 100).toFixed(1)} %`) : undefined,
  PLAN_AMENDED: ({ task, payload }) =>
    notice("+", "cyan", `${task}: may write ${payload.files.join(", ")} too, by ${payload.by}: ${payload.reason}`),
  PLAN_STALLED: ({ payload }) => notice("!", "red", `the plan is stalled; blocked: ${payload.blocked.join(", ")}`),
  KILLED: ({ payload }) => notice("✗", "red", `killed by ${payload.by.os_user}; epoch ${payload.epoch}`),
  CYCLE_ENDED: ({ payload }) => {
    const done = payload.exit_code === 0;
    return notice(
      done ? "✓" : "✗",
      done ? "green" : "red",
      `cycle ${payload.cycle} ${payload.status}: ${payload.reason}`,
    );
  },
};

/** What an event says to a person, or undefined when it is only of interest to the log. */
export function describe(event: AnyEvent): Notice | undefined {
  const say = SAY[event.type] as ((event: AnyEvent) => Notice | undefined) | undefined;
  return say?.(event);
}

/** What a proposed call is, for the line that precedes its verdict. */
export function describeCall(event: Extract<AnyEvent, { type: "PROPOSAL" }>): string {
  const { what, who } = event.payload;
  return singleLine(`${who.agent} ${what.tool} ${objectOf(what.args)}`, 200);
}

function notice(mark: string, colour: Colour, text: string): Notice {
  return { mark, colour, text: singleLine(text) };
}

function feedbackOf(feedback: string | undefined): string {
  return feedback === undefined || feedback === "" ? "" : `: ${feedback}`;
}

function placeOf(event: AnyEvent): string {
  return `${event.task ?? "-"}:`;
}

function amount(value: number, unit: string): string {
  if (unit === "usd") return formatUsd(value);
  return unit === "tokens" ? `${formatTokens(value)} tokens` : `${value} ${unit}`;
}

function verdictNotice(event: Extract<AnyEvent, { type: "VERDICT" }>): Notice | undefined {
  const { outcome, checks, mode } = event.payload;
  if (outcome === "Approved")
    return mode === "reviewed" ? notice("✓", "green", `${placeOf(event)} approved after review`) : undefined;
  const reason = checks.find((check) => !check.pass)?.reason ?? outcome;
  if (outcome === "EscalationRequired" && mode === "auto")
    return notice("?", "yellow", `${placeOf(event)} not yet: ${reason}`);
  return notice("✗", "red", `${placeOf(event)} DENIED before anything was touched: ${reason}`);
}

function statusNotice(event: Extract<AnyEvent, { type: "TASK_STATUS" }>): Notice | undefined {
  const { status, reason } = event.payload;
  if (status === "BLOCKED" || status === "CANCELLED")
    return notice("✗", "red", `${event.task}: ${status}${feedbackOf(reason)}`);
  return status === "SKIPPED" ? notice("-", "dim", `${event.task}: skipped${feedbackOf(reason)}`) : undefined;
}

function stepNotice(event: Extract<AnyEvent, { type: "STEP_ENDED" }>): Notice | undefined {
  const { step, status, error, provide } = event.payload;
  if (status !== "failed") return undefined;
  return notice("✗", "red", `${event.task}: step ${step} failed${feedbackOf(error)}${feedbackOf(provide)}`);
}

function verifiedNotice(event: Extract<AnyEvent, { type: "VERIFIED" }>): Notice {
  const { pass, commands, findings } = event.payload;
  const runs = commands.map((run) => `${run.role} exit ${run.exit_code ?? "none"}`).join(", ");
  const how = commands.length === 0 ? "verified by rules alone" : `verified in the sandbox: ${runs}`;
  const found = findings.length === 0 ? "" : `, ${findings.length} finding(s)`;
  return notice(pass ? "✓" : "✗", pass ? "green" : "yellow", `${event.task}: ${how}${found}`);
}
