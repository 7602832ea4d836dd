import { frozenCopy, hashOf } from "../kernel/canonical.js";
import type { ControllerResponse, TraceEntry } from "../schema/trace.js";

/** Freezes a response through and through and seals it with the SHA-256 of everything else in it (S1:85-97). */
export function sealResponse(response: Omit<ControllerResponse, "seal">): ControllerResponse {
  return frozenCopy({ ...response, seal: hashOf(response) });
}

/**
 * Rebuilds a response from its recorded trace (S1 guarantees: replayable). The same trace gives the
 * same response and therefore the same seal.
 */
export function replayTrace(trace: readonly TraceEntry[]): ControllerResponse | undefined {
  const plan = trace[0];
  if (plan?.state !== "PLAN") return undefined;
  const work = trace.findLast((entry) => entry.state === "WORK");
  const critic = trace.findLast((entry) => entry.state === "CRITIC");
  return sealResponse({
    task: plan.output.task,
    worker_id: plan.output.worker_id,
    worker_output: work?.output ?? null,
    critic_decision: critic?.output ?? null,
    trace: [...trace],
  });
}
