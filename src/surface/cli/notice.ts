import { Option } from "commander";
import { openNotifier, requireNotifier } from "../../effect/program/notify.js";
import type { AnyEvent } from "../../schema/event.js";
import { askedLine } from "./approval-lines.js";
import { type CliContext, writeLine } from "./context.js";
import { singleLine } from "./progress/paint.js";

/** What a person is told of while nobody looks. */
export interface Notice {
  readonly notice: "waiting" | "escalated" | "over_budget" | "stalled" | "done";
  readonly cycle: number;
  readonly task: string | null;
  readonly message: string;
  /** The event that says more: `worknode log`. */
  readonly event: string;
  /** How the session ended; only with `done`. */
  readonly exit_code?: number;
}

/** `--notify`: a command for the shell, or an address that takes a POST. */
export function notifyOption(): Option {
  return new Option(
    "--notify <command-or-url>",
    "tell of what waits, is escalated, over budget or done: JSON on a command's standard input, or by POST",
  );
}

type Told = Omit<Notice, "cycle" | "task" | "event">;
type Tell = { [T in AnyEvent["type"]]?: (event: Extract<AnyEvent, { type: T }>) => Told | undefined };

const TELL: Tell = {
  APPROVAL_REQUESTED: ({ payload }) => ({
    notice: "waiting",
    message: askedLine(payload),
  }),
  ESCALATION: ({ payload }) =>
    payload.to === "human" ? { notice: "escalated", message: `${payload.from}: ${payload.reason}` } : undefined,
  BUDGET_REFUSED: ({ payload }) => ({
    notice: "over_budget",
    message: `${payload.what} needs ${payload.needed} ${payload.unit}, left ${payload.left}`,
  }),
  PLAN_STALLED: ({ payload }) => ({ notice: "stalled", message: `blocked: ${payload.blocked.join(", ")}` }),
  SESSION_ENDED: ({ payload }) => ({ notice: "done", message: payload.reason, exit_code: payload.exit_code }),
};

/**
 * Tells of a run's events where a person wants it; what went wrong with that is said when it ends. Throws Fault
 * NOTIFY_MISSING (exit 2) where there is nothing to tell them by.
 */
export function openNotices(
  context: CliContext,
  target: string | undefined,
): { tell(event: AnyEvent): void; close(): Promise<void> } {
  const place = { cwd: context.cwd, env: context.env };
  if (target !== undefined) requireNotifier(target, place);
  const notifier = target === undefined ? undefined : openNotifier(target, place);
  return {
    tell(event) {
      const notice = notifier === undefined ? undefined : noticeOf(event);
      if (notice !== undefined) notifier?.send(notice);
    },
    async close() {
      for (const problem of (await notifier?.close()) ?? [])
        writeLine(context.err, `worknode: --notify: ${singleLine(problem)}`);
    },
  };
}

/** The notice an event is worth; undefined for the many that are not. */
function noticeOf(event: AnyEvent): Notice | undefined {
  const tell = TELL[event.type] as ((event: AnyEvent) => Told | undefined) | undefined;
  const told = tell?.(event);
  if (told === undefined) return undefined;
  return { ...told, message: singleLine(told.message), cycle: event.run, task: event.task, event: event.id };
}
