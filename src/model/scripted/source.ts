import type { Place } from "./place.js";
import type { Raw } from "./rule.js";
import { completeReply, type Script, type ScriptedReply, type ScriptedReplyInput } from "./script.js";

/** What a function in place of a script is given. */
export interface ScriptedRequest extends Place {
  /** Times this reply has been asked for, from 1. */
  readonly attempt: number;
  readonly body: Raw;
}

/** A script as a function, for tests and benches. Undefined means that no reply is scripted. */
export type Respond = (
  request: ScriptedRequest,
) => ScriptedReplyInput | undefined | Promise<ScriptedReplyInput | undefined>;

/** The reply to a request: of the function, else of the script by key, else by conversation kind. */
export async function scriptedReply(
  source: { readonly respond?: Respond; readonly script?: Script },
  request: ScriptedRequest,
): Promise<ScriptedReply | undefined> {
  const given = await source.respond?.(request);
  if (given !== undefined) return completeReply(given);
  return source.script === undefined ? undefined : lookUp(source.script, request);
}

function lookUp(script: Script, request: ScriptedRequest): ScriptedReply | undefined {
  const named = script.replies[request.key];
  if (named !== undefined) return named[request.index];
  const fallback = script.defaults[request.kind as keyof Script["defaults"]];
  return fallback?.[request.index] ?? fallback?.at(-1);
}
