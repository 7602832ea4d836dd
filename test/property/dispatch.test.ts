import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TRANSIENT } from "../../src/dispatch/attempt.js";
import { dispatch, type HostAttempt } from "../../src/dispatch/dispatch.js";
import { err, ok } from "../../src/kernel/result.js";
import type { PolicyOutcome } from "../../src/schema/verdict.js";
import { approved, decided, sleepingClock } from "../unit/dispatch/samples.js";

const modes = fc.constantFrom("off", "canary", "enforced" as const);
const outcomes = fc.constantFrom<PolicyOutcome>("Approved", "PolicyBlocked", "EscalationRequired");
const hosts = fc.array(fc.constantFrom("local", "a", "b", "c", "d"), { maxLength: 8 });
const classes = fc.constantFrom("ok", TRANSIENT, "policy", "auth", "unclassified", "unknown_outcome");

describe("dispatch", () => {
  it("never runs a call that is not approved, and none but in a mode that executes", async () => {
    await fc.assert(
      fc.asyncProperty(modes, outcomes, fc.boolean(), fc.boolean(), async (mode, outcome, remote, destructive) => {
        const request = { ...(outcome === "Approved" ? approved() : decided(outcome)), remote, destructive };
        await dispatch(request, { mode, clock: sleepingClock(), isKilled: () => false });
        const may = outcome === "Approved" && mode === "enforced" && !remote && !destructive;
        expect(request.calls.length).toBe(may ? 1 : 0);
      }),
    );
  });

  it("gives exactly one outcome for each host, and touches no other", async () => {
    await fc.assert(
      fc.asyncProperty(
        hosts,
        fc.array(classes, { minLength: 24, maxLength: 24 }),
        fc.nat(12),
        async (list, fates, killAfter) => {
          const touched: string[] = [];
          const run = async ({ host }: HostAttempt) => {
            const fate = fates[touched.length] ?? "ok";
            touched.push(host);
            return fate === "ok" ? ok(host) : err({ class: fate, message: fate });
          };
          const isKilled = (): boolean => touched.length >= killAfter;
          const { result } = await dispatch(approved({ hosts: list, run }), {
            mode: "enforced",
            clock: sleepingClock(),
            isKilled,
          });
          expect(result.HostOutcomes.map(({ Host }) => Host)).toEqual([...new Set(list)]);
          expect(result.BlastRadius).toEqual([...new Set(list)]);
          expect(touched.length).toBeLessThanOrEqual(killAfter);
          expect(touched.every((host) => (list as string[]).includes(host))).toBe(true);
          for (const { Host, AttemptCount, DispatchStatus } of result.HostOutcomes) {
            expect(AttemptCount).toBe(touched.filter((host) => host === Host).length);
            expect(AttemptCount).toBeLessThanOrEqual(3);
            expect(AttemptCount === 0).toBe(DispatchStatus === "not_dispatched");
          }
          const nothing = touched.length === 0;
          expect(result.ExecutionOutcome === "not_executed").toBe(nothing);
          expect(result.ExecutionStartedAt === null).toBe(nothing);
        },
      ),
      { numRuns: 500 },
    );
  });
});
