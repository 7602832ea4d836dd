import type { AnyEvent, EventLine } from "../schema/event.js";

/** Characters of a line's summary. */
const MAX_SUMMARY_CHARS = 160;
/** Members worth showing first, in this order, whatever the event. */
const TELLING = ["code", "status", "decision", "outcome", "call_id", "reason", "message", "summary", "feedback"];
/** Members too long or too dull for one line. */
const HIDDEN = new Set([
  "plan_source",
  "tasks",
  "trace",
  "reply",
  "content",
  "system",
  "prompt",
  "checks",
  "token_hash",
]);

/** An event as one line of `worknode log --json`. */
export function eventLine(event: AnyEvent): EventLine {
  const { seq, id, type, hlc, actor, task, execution } = event;
  return { seq, id, type, hlc, actor, task, execution, payload: event.payload as Record<string, unknown> };
}

/** An event as one line for people: number, time, type, place, and what tells most. Never holds a line break. */
export function describeEvent(event: AnyEvent): string {
  const time = event.hlc.slice(0, 19).replace("T", " ");
  const place = event.execution ?? event.task ?? "-";
  return `${event.seq}  ${time}  ${event.type}  ${event.actor}  ${place}  ${summaryOf(event)}`.trimEnd();
}

function summaryOf(event: AnyEvent): string {
  const payload = event.payload as Record<string, unknown>;
  const names = [...TELLING.filter((name) => name in payload), ...Object.keys(payload)];
  const parts = [...new Set(names)].filter((name) => !HIDDEN.has(name)).flatMap((name) => partOf(name, payload[name]));
  const text = parts.join(" ").replace(/\s+/g, " ");
  return text.length <= MAX_SUMMARY_CHARS ? text : `${text.slice(0, MAX_SUMMARY_CHARS - 1)}…`;
}

/** Plain values as they are, lists by their length; other objects are left out. */
function partOf(name: string, value: unknown): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : [`${name}=[${value.length}]`];
  if (typeof value === "string")
    return value === "" ? [] : [`${name}=${/\s/.test(value) ? JSON.stringify(value) : value}`];
  if (typeof value === "number" || typeof value === "boolean") return [`${name}=${value}`];
  return [];
}
