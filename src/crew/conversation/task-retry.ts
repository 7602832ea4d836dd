import { Fault } from "../../kernel/fault.js";
import { DEFAULT_RETRY, delayMs, type RetryPolicy } from "../../model/retry.js";
import type { Crew } from "../state/context.js";
import { waitUnlessStopped } from "../state/stop.js";

/** How often what fails for a reason that may pass is tried for a task: its `retry`, else the default. */
export function retryOf(crew: Crew, task: string | null): RetryPolicy {
  const retry = task === null ? undefined : crew.tasks.get(task)?.task.retry;
  if (retry === undefined) return DEFAULT_RETRY;
  const { attempts, backoff } = retry;
  return { attempts, initialMs: backoff.initial, factor: backoff.factor, maxMs: backoff.max };
}

/**
 * Does a task's work again while it fails for a reason that may pass, for example a branch that another process keeps
 * moving: as often as its policy says, then the fault is thrown. Faults of the store are thrown at once.
 */
export async function retryTransient(crew: Crew, task: string, attempt: () => Promise<void>): Promise<void> {
  const policy = retryOf(crew, task);
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!isTransient(thrown) || count >= policy.attempts) throw thrown;
    }
    await waitUnlessStopped(crew, delayMs(policy, count));
  }
}

function isTransient(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.retry === "transient" && !thrown.code.startsWith("STORE_");
}
