import { invalid } from "../../kernel/fault.js";
import { OUTSIDE_CYCLES } from "../../memory/outside-cycles.js";
import type { HookEvent } from "../../schema/hook-event.js";
import type { TaskRow } from "../../store/cycle-rows.js";

/** What a session is held to where nothing was claimed. */
const FREE = "";

/**
 * Within a turn rights never grow: where a person set a session to a task, no call is judged by another claim, or by none,
 * until they speak again. `sessions` holds what was claimed when they spoke last. Throws Fault CLAIM_GONE (exit 2).
 */
export function holdToClaim(sessions: Map<string, string>, event: HookEvent, row: TaskRow | undefined): void {
  const now = claimOf(row);
  const before = sessions.get(event.session_id) ?? now;
  sessions.set(event.session_id, isPersons(event) ? now : before);
  if (event.hook_event_name !== "PreToolUse" || before === FREE || before === now) return;
  throw invalid("CLAIM_GONE", `task ${before} is no longer claimed. Stop here: your person says how it goes on.`);
}

/** A task outside plans that names no files leaves the session as free as none. */
function claimOf(row: TaskRow | undefined): string {
  if (row === undefined || (row.cycle === OUTSIDE_CYCLES && row.files.length === 0)) return FREE;
  return row.cycle === OUTSIDE_CYCLES ? row.id : `${row.id} of cycle ${row.cycle}`;
}

/** Whether its person did this; a conversation that is shortened begins by itself. */
function isPersons(event: HookEvent): boolean {
  if (event.hook_event_name === "SessionStart") return event.source !== "compact";
  return event.hook_event_name === "UserPromptSubmit";
}
