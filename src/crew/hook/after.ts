import { readBelow } from "../../effect/disk/path-fact.js";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { sha256Hex } from "../../kernel/canonical.js";
import { learnFromCommand } from "../../memory/failing-command.js";
import { knownFixes } from "../../memory/task-memory.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { HookEventOf, HookOutput } from "../../schema/hook-event.js";
import { resultEvent } from "../call/call-record.js";
import { eventAt } from "../state/records.js";
import { tell } from "./answer.js";
import type { PendingCall } from "./decide.js";
import { reviewedEvent } from "./person-review.js";
import { type HookPlace, recordsOf } from "./place.js";

/** Characters of a result that are kept. */
const MAX_RESULT_CHARS = 4_000;
/** How Claude Code says what a command ended with. */
const EXIT_CODE = /exit code (\d+)/i;

/** Records what became of an allowed call: the file as it is now, and what the client was told. */
export async function recordDone(
  event: HookEventOf<"PostToolUse">,
  pending: PendingCall | undefined,
): Promise<HookOutput> {
  if (pending === undefined || !pending.place.claimed || pending.command !== undefined) return {};
  const content = JSON.stringify(event.tool_response ?? "").slice(0, MAX_RESULT_CHARS);
  const result = resultEvent(pending.request, { content, is_error: false }, "the client did it");
  const signed = pending.asked === true ? [await reviewedEvent(pending.place, pending.request)] : [];
  await pending.place.crew.store.commit([...pending.events, ...signed, ...keptEvents(pending), result]);
  return {};
}

function keptEvents({ place, request, writes }: PendingCall): AnyNewEvent[] {
  if (writes === undefined) return [];
  const { path, before } = writes;
  const content = readBelow(place.workspace.worktree, path, MAX_FILE_BYTES);
  if (content === null) return [];
  const change = { path, kind: before === null ? "add" : "modify", before, after: sha256Hex(content) } as const;
  return [eventAt(request.records, "EFFECT_KEPT", { call_id: request.proposal.call_id, changes: [change] })];
}

/**
 * Records that a call failed. A command that ran outside worknode becomes an issue, or one more sighting of a known
 * one; fixes that are known for its error are told.
 */
export async function recordFailure(
  event: HookEventOf<"PostToolUseFailure">,
  place: HookPlace,
  pending: PendingCall | undefined,
): Promise<HookOutput> {
  const { error } = event;
  if (pending?.command !== undefined) return tell(event.hook_event_name, fixesFor(place, error));
  if (pending?.place.claimed === true) {
    const result = resultEvent(pending.request, { content: error.slice(0, MAX_RESULT_CHARS), is_error: true }, error);
    await place.crew.store.commit([...pending.events, result]);
  }
  return event.tool_name === "Bash" ? await learnFrom(event, place) : {};
}

/** A command that ran outside worknode: all that is known of its end is what the client says of it. */
async function learnFrom(event: HookEventOf<"PostToolUseFailure">, place: HookPlace): Promise<HookOutput> {
  const { store } = place.crew;
  const { error } = event;
  const { actor, run: cycle, task, execution } = recordsOf(place, event.session_id, event.tool_use_id);
  const exitCode = Number(EXIT_CODE.exec(error)?.[1] ?? 1);
  const command = event.tool_input["command"];
  const ended = { command: typeof command === "string" ? command : "", exitCode, stdout: "", stderr: error };
  const lesson = learnFromCommand(store, { actor, cycle, task, execution }, ended);
  if (lesson.events.length > 0) await store.commit(lesson.events);
  return tell(event.hook_event_name, lesson.fixes.map((line) => `Known fix: ${line}`).join("\n"));
}

/** Fixes known for errors that a text holds, one a line; empty where there is none. */
export function fixesFor({ crew }: HookPlace, text: string): string {
  return knownFixes(crew.store, text)
    .map(({ line }) => `Known fix: ${line}`)
    .join("\n");
}
