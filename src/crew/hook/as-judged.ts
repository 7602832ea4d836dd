import type { HookEventOf } from "../../schema/hook-event.js";
import type { Denial } from "../../schema/verdict.js";
import { violationEvents } from "../call/call-record.js";
import { OWN_SERVER, stringsIn } from "./client-call.js";
import type { PendingCall, RunLine } from "./decide.js";
import { findGuarded } from "./guard.js";
import { clientPath, PATH_MEMBERS } from "./named-path.js";
import type { HookPlace } from "./place.js";

/** Tools that a session without a task is let use although nothing is kept of the call. */
const LOOSE = /^(?:mcp__|Read$|Write$|Edit$|MultiEdit$|NotebookEdit$|Glob$)/;

/** A call that was made, whatever came of it. `tool_input` is what was really carried out. */
export type MadeCall = HookEventOf<"PostToolUse"> | HookEventOf<"PostToolUseFailure">;

/**
 * Another hook may change a call after the gate judged it, or have a person asked, and then the client drops the command
 * line that leads behind the wall (seen on 2.1.329). Says what was carried out in place of the judged call; undefined where
 * it is the call that was judged.
 */
export function changedSince(
  event: MadeCall,
  { request: { proposal }, command }: PendingCall,
  runLine: RunLine,
): string | undefined {
  const { tool_input: made, tool_use_id: id, cwd } = event;
  if (command !== undefined)
    return made["command"] === runLine(id) ? undefined : `the command ${said(made["command"])}`;
  const { args } = proposal.what;
  const judged = new Set<unknown>(PATH_MEMBERS.map((member) => args[member]));
  const other = pathsIn(made).find((path) => !judged.has(full(path, cwd)));
  return other === undefined ? undefined : `a call on ${said(other)}`;
}

/** Whether something was let through of which nothing is kept: its place is then asked for. */
export function mayStray({ tool_name: tool }: MadeCall): boolean {
  return LOOSE.test(tool) && !OWN_SERVER.test(tool);
}

/** The same of a call that nothing is kept of, because no task is claimed: what was carried out is judged again. */
export function escaped(event: MadeCall, place: HookPlace): string | undefined {
  const { tool_name: tool, tool_input: input } = event;
  if (place.claimed) return undefined;
  const texts = tool.startsWith("mcp__") ? stringsIn(input) : pathsIn(input);
  const found = findGuarded(texts, place, event);
  return found === undefined ? undefined : `a call on ${said(found)}`;
}

function pathsIn(input: Record<string, unknown>): string[] {
  return PATH_MEMBERS.map((member) => input[member]).filter((path) => typeof path === "string");
}

function full(path: string, cwd: string): string {
  const named = clientPath(path, cwd);
  return named.ok ? named.value : path;
}

function said(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 300);
}

/** Records that something else than the judged call was carried out. */
export async function recordChanged({ place: { crew, agent }, request }: PendingCall, what: string): Promise<void> {
  const denial: Denial = {
    code: "ERROR_POLICY",
    check: "policy",
    rule: "another-hook",
    message: `Another hook changed a call after it was judged: ${what} was carried out`,
    subject: agent.id,
    object: what,
    remedy: "Take that hook out of Claude Code's settings; `worknode doctor` names it.",
    violation: true,
  };
  await crew.store.commit(violationEvents(crew, request, denial));
}
