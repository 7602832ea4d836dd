import { isConfigurationFailure, type ModelFailure } from "../../model/failure.js";
import { ExecutionStop } from "../../turn/execution.js";
import type { Crew } from "../state/context.js";
import { eventAt } from "../state/records.js";
import { RunStop, stopIfKilled, waitUnlessStopped } from "../state/stop.js";
import { placeOf } from "./chain.js";
import type { Conversation } from "./conversation.js";

/** Waits between tries while the model's service is out (ms): the task parks, it does not fail. */
const PARK_MS = [30_000, 60_000, 120_000, 300_000] as const;

/** An outage is answered as such; everything else ends the execution or the session. */
export function judgeFailure(crew: Crew, failure: ModelFailure): ModelFailure {
  stopIfKilled(crew);
  if (failure.failure_class === "aborted") throw new RunStop(130, "interrupted");
  if (isWrongSetUp(crew, failure)) throw wrongSetUp(failure);
  if (failure.retry === "never")
    throw new ExecutionStop(
      "ERROR",
      `the model's reply could not be used (${failure.failure_class}): ${failure.message}`,
    );
  return failure;
}

/** Before the first answer, a server that says nothing at all is one that is not there. */
export function isWrongSetUp(crew: Crew, failure: ModelFailure): boolean {
  const silent = failure.failure_class === "transport" && !failure.bytesReceived;
  if (!crew.answered && silent) return true;
  return isConfigurationFailure(failure) && (!crew.answered || failure.retry === "never");
}

/** Ends the session with what to check (exit 2); it can be continued. */
export function wrongSetUp({ message }: ModelFailure): RunStop {
  return new RunStop(
    2,
    `the model cannot be asked: ${message}. Check ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL and the model's name (.env.example), then \`worknode continue\`.`,
  );
}

/** Waits while the service is out, longer each time; the executive is told once. Throws RunStop when the session is stopped. */
export async function park(
  crew: Crew,
  conversation: Conversation,
  failure: ModelFailure,
  outage: number,
): Promise<void> {
  const message = `${conversation.id} waits: the model is unavailable (${failure.failure_class}: ${failure.message})`;
  if (outage === 0)
    crew.store.append([
      eventAt(placeOf(conversation, null), "ALERT", {
        severity: "warning",
        message,
        to: "executive",
        key: `outage:${conversation.id}`,
      }),
    ]);
  const wait = Math.max(failure.retryAfterMs ?? 0, PARK_MS[Math.min(outage, PARK_MS.length - 1)] ?? 0);
  await waitUnlessStopped(crew, wait);
}
