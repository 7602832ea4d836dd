import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type TriggerInput, type TriggerRecord, triggerSchema } from "../schema/trigger.js";
import type { Store } from "../store/store.js";
import { cronProblem } from "./cron-pattern.js";
import { describeIssues } from "./problems.js";
import { type Author, recordEvent } from "./record.js";

/**
 * Keeps a trigger's definition (S3:96-144). Refuses one that could never fire: no kind, a malformed
 * pattern, an unknown zone, no event type. `active: false` says that it does not fire yet.
 */
export function createTrigger(
  store: Store,
  trigger: TriggerInput,
  author: Author = { actor: "user" },
): Result<TriggerRecord, Fault> {
  const checked = triggerSchema.safeParse(trigger);
  if (!checked.success) return err(refuse(describeIssues(checked.error)));
  const problem = problemOf(checked.data);
  const kind = checked.data.schedule ?? checked.data.type;
  if (problem !== undefined || kind === undefined) return err(refuse(problem ?? "it has no kind"));
  const { name } = checked.data;
  recordEvent(store, author, "TRIGGER_CREATED", { name, kind, trigger: checked.data });
  return ok({ name, kind, active: false });
}

function refuse(problem: string): Fault {
  return invalid("INVALID_TRIGGER", `The trigger is not valid: ${problem}`);
}

function problemOf(trigger: TriggerInput): string | undefined {
  const { schedule, type, cron, timezone } = trigger;
  if (schedule !== undefined && type !== undefined && schedule !== type) {
    return `schedule ${schedule} and type ${type} differ`;
  }
  if (!isZone(timezone)) return `timezone: ${timezone} is not a time zone`;
  return (schedule ?? type) === "CRON" ? cronProblem(cron ?? "") : kindProblem(trigger);
}

function kindProblem({ schedule, type, event_type }: TriggerInput): string | undefined {
  const kind = schedule ?? type;
  if (kind === undefined) return "schedule: say CRON, DEADLINE, EVENT or IDLE";
  return kind === "EVENT" && event_type === undefined ? "event_type: an EVENT trigger needs one" : undefined;
}

/** Without a zone the plan's is meant. */
function isZone(zone = "UTC"): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
