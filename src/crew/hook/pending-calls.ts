import type { HookOutput } from "../../schema/hook-event.js";
import { deny } from "./answer.js";
import type { PendingCall } from "./decide.js";

/** Calls under way that are remembered; the oldest is forgotten first, and its command can no longer be run. */
const MAX_PENDING = 10_000;

interface Known {
  readonly call: PendingCall;
  /** The event it was asked for by, and what was answered. */
  readonly input: string;
  readonly output: HookOutput;
}

/** Calls that were let through and have not ended, by the client's id. */
export interface PendingCalls {
  keep(id: string, known: Known): void;
  /** Gives a call back and forgets it. */
  take(id: string): PendingCall | undefined;
  /**
   * The answer to an id that is known: the very call again, by hooks that are installed twice, is answered as before,
   * another one under its id is refused. Undefined for an id that is new.
   */
  again(id: string, input: string): HookOutput | undefined;
  /** The command that waits under an id, once: undefined where none does, "" where it was run. */
  use(id: string): PendingCall | undefined;
}

/** Remembers nothing yet. */
export function createPendingCalls(): PendingCalls {
  const pending = new Map<string, Known>();
  return {
    keep(id, known) {
      const [oldest] = pending.keys();
      if (pending.size >= MAX_PENDING && oldest !== undefined) pending.delete(oldest);
      pending.set(id, known);
    },
    take(id) {
      const found = pending.get(id);
      pending.delete(id);
      return found?.call;
    },
    again(id, input) {
      const known = pending.get(id);
      if (known === undefined) return undefined;
      const isSame = known.input === input && known.call.command !== "";
      return isSame ? known.output : deny("ERROR_INVALID_INPUT: this call was asked for before.");
    },
    use(id) {
      const known = pending.get(id);
      if (known?.call.command === undefined) return undefined;
      pending.set(id, { ...known, call: { ...known.call, command: "" } });
      return known.call;
    },
  };
}
