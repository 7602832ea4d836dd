import type { AnyEvent } from "../../../schema/event.js";

/** Something the demo promises to show, and the event that proves it happened. */
export interface Incident {
  readonly promise: string;
  /** Id of the event, or undefined when it did not happen. */
  readonly event: string | undefined;
}

type Proof = (event: AnyEvent, before: readonly AnyEvent[]) => boolean;

/** What is said of a file that no task's plan names. */
const OUTSIDE = "File not in agent's assigned scope";

const PROMISES: readonly (readonly [string, Proof])[] = [
  ["the executive reviewed the plan before anything ran", (event) => event.type === "PLAN_REVIEWED"],
  ["a write outside the whitelist was denied", violation(OUTSIDE)],
  [
    "the executive was told of it",
    (event) => event.type === "ALERT" && event.payload.to === "executive" && event.payload.message.includes(OUTSIDE),
  ],
  ["a write in a later phase was denied", violation("Attempting to modify future phase")],
  [
    "a function of complexity 11 was denied before it reached the disk",
    violation("Function complexity 11 exceeds agent limit 8"),
  ],
  ["a stream cut in the middle was retried", (event) => event.type === "MODEL_RESPONSE" && event.payload.attempts > 1],
  ["a result was rejected with feedback", (event) => event.type === "TASK_REJECTED" && event.payload.feedback !== ""],
  [
    "the rework was accepted",
    (event, before) =>
      event.type === "EVENT_TASK_COMPLETED" &&
      before.some((each) => each.type === "TASK_REJECTED" && each.task === event.task),
  ],
  ["two tasks ran at the same time", (event, before) => event.type === "TASK_STARTED" && runningBefore(before) > 0],
  [
    "the run was killed in mid-task and continued",
    (event) => event.type === "SESSION_STARTED" && event.payload.resumed,
  ],
];

/** What can be shown only where agents' commands can be confined. */
const SHELL_PROMISES: readonly (readonly [string, Proof])[] = [
  [
    "a command that reached for another file was discarded whole",
    (event) => event.type === "EFFECT_DISCARDED" && event.payload.refused.length > 0,
  ],
  [
    "a command that edited a listed file with sed -i was kept",
    (event, before) => event.type === "EFFECT_KEPT" && event.payload.changes.length > 0 && isCommand(event, before),
  ],
];

/** What a demo's log proves, promise by promise; `shell` says whether agents were offered one. */
export function findIncidents(events: readonly AnyEvent[], shell: boolean): Incident[] {
  return [...PROMISES, ...(shell ? SHELL_PROMISES : [])].map(([promise, proof]) => ({
    promise,
    event: events.find((event, index) => proof(event, events.slice(0, index)))?.id,
  }));
}

function violation(message: string): Proof {
  return (event) => event.type === "SECURITY_VIOLATION" && event.payload.message.includes(message);
}

function isCommand(kept: AnyEvent, before: readonly AnyEvent[]): boolean {
  return before.some(
    (event) => event.type === "PROPOSAL" && event.execution === kept.execution && event.payload.what.tool === "Bash",
  );
}

/** Tasks started and not yet done. */
function runningBefore(events: readonly AnyEvent[]): number {
  const running = new Set<string | null>();
  for (const event of events) {
    if (event.type === "TASK_STARTED") running.add(event.task);
    if (event.type === "EVENT_TASK_COMPLETED") running.delete(event.task);
  }
  return running.size;
}
