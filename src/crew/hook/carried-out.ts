import type { HookOutput } from "../../schema/hook-event.js";
import { changedSince, escaped, type MadeCall, mayStray, recordChanged } from "./as-judged.js";
import type { PendingCall, RunLine } from "./decide.js";
import type { PendingCalls } from "./pending-calls.js";
import type { HookDesk } from "./service.js";

const REMEDY =
  "Nothing is let through until a person takes that hook out (`worknode doctor` names it) and runs `worknode hook stop`.";

/** Calls that were carried out, held against those that were judged. */
export interface CarriedOut {
  /** Why no call is let through any more; undefined while each was carried out as judged. */
  overruled(): string | undefined;
  /** Records what became of a call by `record`, unless it is not the one that was judged: then the session ends here. */
  record<E extends MadeCall>(
    event: E,
    record: (event: E, call: PendingCall | undefined) => Promise<HookOutput>,
  ): Promise<HookOutput>;
}

/** Once another hook changed one call it would change the next as well: from then on none is let through. */
export function createCarriedOut(desk: HookDesk, pending: PendingCalls, runLine: RunLine): CarriedOut {
  let overruled: string | undefined;
  return {
    overruled: () => overruled,
    async record(event, record) {
      const call = pending.take(event.tool_use_id);
      const other = call === undefined ? await strayed(event, desk) : changedSince(event, call, runLine);
      if (other === undefined) return await record(event, call);
      overruled = `worknode: another hook of Claude Code's changed a call after it was judged (${other}). ${REMEDY}`;
      if (call !== undefined) await recordChanged(call, other);
      return { continue: false, stopReason: overruled, systemMessage: overruled };
    },
  };
}

async function strayed(event: MadeCall, desk: HookDesk): Promise<string | undefined> {
  return mayStray(event) ? escaped(event, await desk.place(event)) : undefined;
}
