import type { DispatchRequest } from "../../../src/dispatch/dispatch.js";
import { judge } from "../../../src/gate/judge.js";
import type { Clock } from "../../../src/kernel/clock.js";
import { ok } from "../../../src/kernel/result.js";
import type { PolicyOutcome } from "../../../src/schema/verdict.js";
import { CHECK_NAMES } from "../../../src/schema/verdict.js";
import { NOW, writeOf } from "../gate/samples.js";

/** A clock that notes how long it was asked to sleep, and moves on by that. */
export function sleepingClock(): Clock & { slept: number[] } {
  let now = NOW;
  const slept: number[] = [];
  return {
    slept,
    nowMs: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
}

/** An approved request with a genuine permit, counting its calls. */
export function approved(change: Partial<DispatchRequest<string>> = {}): DispatchRequest<string> & { calls: string[] } {
  const { proposal, facts } = writeOf("src/parse.ts", "const b = 2;\n");
  const { verdict, permit } = judge(proposal, facts);
  const calls: string[] = [];
  return {
    verdict,
    permit,
    scope: { callId: proposal.call_id, argsHash: proposal.what.args_hash },
    intent: "Write src/parse.ts",
    hosts: ["local"],
    run: async ({ host, attempt }) => {
      calls.push(`${host}#${attempt}`);
      return ok(`done on ${host}`);
    },
    calls,
    ...change,
  };
}

/** The same with another outcome; the permit stays, so that only the outcome can stop it. */
export function decided(outcome: PolicyOutcome): DispatchRequest<string> & { calls: string[] } {
  const checks = CHECK_NAMES.map(
    (check) => ({ check, kind: "safety", pass: check !== "policy", reason: "frozen" }) as const,
  );
  const request = approved();
  return { ...request, verdict: { outcome, checks } };
}
