import { describe, expect, it } from "vitest";
import { TRANSIENT } from "../../../src/dispatch/attempt.js";
import { dispatch, type HostAttempt, selectAdapter } from "../../../src/dispatch/dispatch.js";
import { Fault } from "../../../src/kernel/fault.js";
import { err, ok } from "../../../src/kernel/result.js";
import { dispatchResultSchema, type RolloutMode } from "../../../src/schema/result.js";
import { approved, decided, sleepingClock } from "./samples.js";

const live = (mode: RolloutMode = "enforced") => ({ mode, clock: sleepingClock(), isKilled: () => false });
const KEYS = [
  "PolicyOutcome",
  "PolicyReason",
  "HostOutcomes",
  "BlastRadius",
  "EffectiveMode",
  "OperationIntent",
  "DispatchMode",
  "ExecutionOutcome",
  "ExecutionStartedAt",
  "ExecutionCompletedAt",
].sort();

describe("dispatching", () => {
  it("runs an approved call once and accounts for it", async () => {
    const request = approved();
    const { result, values } = await dispatch(request, live());
    expect(request.calls).toEqual(["local#1"]);
    expect(values.get("local")).toBe("done on local");
    expect(result).toEqual({
      PolicyOutcome: "Approved",
      PolicyReason: "approved by all checks",
      HostOutcomes: [
        {
          Host: "local",
          DispatchStatus: "dispatched",
          AttemptCount: 1,
          LastFailureClass: null,
          LastFailureMessage: null,
        },
      ],
      BlastRadius: ["local"],
      EffectiveMode: "enforced",
      OperationIntent: "Write src/parse.ts",
      DispatchMode: "enforced",
      ExecutionOutcome: "succeeded",
      ExecutionStartedAt: "2026-05-28T20:26:40.000Z",
      ExecutionCompletedAt: "2026-05-28T20:26:40.000Z",
    });
  });

  it("answers with the same fields in every mode, and of every outcome", async () => {
    for (const mode of ["off", "canary", "enforced"] as const) {
      for (const request of [approved(), decided("PolicyBlocked"), decided("EscalationRequired")]) {
        const { result } = await dispatch(request, live(mode));
        expect(Object.keys(result).sort()).toEqual(KEYS);
        expect(dispatchResultSchema.parse(result)).toEqual(result);
        expect(result.DispatchMode).toBe(mode);
      }
    }
  });

  it.each(["PolicyBlocked", "EscalationRequired"] as const)(
    "never runs what is %s, whatever permit lies beside it",
    async (outcome) => {
      for (const mode of ["off", "canary", "enforced"] as const) {
        const request = decided(outcome);
        const { result, values } = await dispatch(request, live(mode));
        expect(request.calls).toEqual([]);
        expect(values.size).toBe(0);
        expect(result).toMatchObject({
          PolicyOutcome: outcome,
          PolicyReason: "policy: frozen",
          ExecutionOutcome: "not_executed",
          ExecutionStartedAt: null,
          ExecutionCompletedAt: null,
        });
        expect(result.HostOutcomes).toEqual([
          {
            Host: "local",
            DispatchStatus: "not_dispatched",
            AttemptCount: 0,
            LastFailureClass: null,
            LastFailureMessage: null,
          },
        ]);
      }
    },
  );

  it.each<[string, RolloutMode, object, RegExp]>([
    ["in mode off", "off", {}, /mode is off/],
    ["that is to be decided only", "enforced", { dryRun: true, actsOn: "worktree" }, /dry run/],
    ["that is to be decided only, in mode off", "off", { dryRun: true, actsOn: "worktree" }, /dry run/],
    ["that is destructive, in mode off", "off", { destructive: true, actsOn: "worktree" }, /confirmation token/],
    ["as a canary without a remote target", "canary", {}, /canary needs an explicit remote target/],
    ["that is destructive", "enforced", { destructive: true }, /confirmation token/],
    ["for another machine", "enforced", { remote: true }, /not supported yet/],
  ])("does not run an approved call %s", async (_, mode, change, reason) => {
    const request = approved(change);
    const { result } = await dispatch(request, live(mode));
    expect(request.calls).toEqual([]);
    expect(result.ExecutionOutcome).toBe("not_executed");
    expect(result.PolicyReason).toMatch(reason);
    expect(selectAdapter(request, mode).name).toBe("NoExecuteAdapter");
    expect(selectAdapter(approved(), "enforced").name).toBe("LocalAdapter");
  });

  it("rehearses work in a task's own worktree where the mode is off: nothing may be kept, nothing counts as done", async () => {
    const seen: boolean[] = [];
    const run = async ({ keeps }: HostAttempt) => {
      seen.push(keeps);
      return ok("looked");
    };
    const request = approved({ actsOn: "worktree", run });
    const { result, values } = await dispatch(request, live("off"));
    expect(seen).toEqual([false]);
    expect(values.get("local")).toBe("looked");
    expect(result).toMatchObject({
      PolicyOutcome: "Approved",
      EffectiveMode: "off",
      ExecutionOutcome: "not_executed",
      ExecutionStartedAt: null,
      HostOutcomes: [{ DispatchStatus: "not_dispatched", AttemptCount: 0 }],
    });
    expect(selectAdapter(request, "off").name).toBe("RehearsalAdapter");
    await dispatch(request, live());
    expect(seen).toEqual([false, true]);
  });

  it("rehearses nothing without the permit, and nothing once killed", async () => {
    const request = approved({ actsOn: "worktree", permit: undefined });
    await expect(dispatch(request, live("off"))).rejects.toMatchObject({ code: "ERROR_NOT_APPROVED" });
    const killed = approved({ actsOn: "worktree" });
    const { values } = await dispatch(killed, { ...live("off"), isKilled: () => true });
    expect([request.calls, killed.calls, values.size]).toEqual([[], [], 0]);
  });

  it.each<[string, object]>([
    ["no permit", { permit: undefined }],
    ["a look-alike", { permit: {} }],
    ["a permit for another call", { scope: { callId: "other", argsHash: "0".repeat(64) } }],
  ])("is a fault with %s", async (_, change) => {
    const request = approved(change);
    await expect(dispatch(request, live())).rejects.toMatchObject({ code: "ERROR_NOT_APPROVED", exitCode: 3 });
    await expect(dispatch(request, live())).rejects.toBeInstanceOf(Fault);
    expect(request.calls).toEqual([]);
  });

  it("tries transient failures again and reports the last", async () => {
    const options = live();
    const calls: number[] = [];
    const run = async ({ attempt }: HostAttempt) => {
      calls.push(attempt);
      return err({ class: TRANSIENT, message: "connection reset" });
    };
    const { result } = await dispatch(approved({ run }), options);
    expect(calls).toEqual([1, 2, 3]);
    expect(options.clock.slept).toEqual([500, 1_000]);
    expect(result.ExecutionOutcome).toBe("failed");
    expect(result.HostOutcomes[0]).toEqual({
      Host: "local",
      DispatchStatus: "failed",
      AttemptCount: 3,
      LastFailureClass: TRANSIENT,
      LastFailureMessage: "connection reset",
    });
    expect(result.ExecutionCompletedAt).toBe("2026-05-28T20:26:41.500Z");
  });

  it("goes on after one host failed, and says that the outcome is partial or not known", async () => {
    const run = async ({ host }: HostAttempt) =>
      host === "b" ? err({ class: "unknown_outcome", message: "no answer" }) : ok(host);
    const { result, values } = await dispatch(approved({ hosts: ["a", "b", "c"], run }), live());
    expect(result.ExecutionOutcome).toBe("partial");
    expect(result.HostOutcomes.map(({ DispatchStatus }) => DispatchStatus)).toEqual([
      "dispatched",
      "unknown",
      "dispatched",
    ]);
    expect([...values.keys()]).toEqual(["a", "c"]);
  });

  it("runs once on a host that was resolved to twice", async () => {
    const request = approved({ hosts: ["a", "b", "a"] });
    const { result } = await dispatch(request, live());
    expect(request.calls).toEqual(["a#1", "b#1"]);
    expect(result.BlastRadius).toEqual(["a", "b"]);
  });

  it("stops at the kill switch between hosts and says that the mode is off", async () => {
    let killed = false;
    const calls: string[] = [];
    const run = async ({ host }: HostAttempt) => {
      calls.push(host);
      killed = true;
      return ok(host);
    };
    const options = { ...live(), isKilled: () => killed };
    const { result } = await dispatch(approved({ hosts: ["a", "b", "c"], run }), options);
    expect(calls).toEqual(["a"]);
    expect(result).toMatchObject({ EffectiveMode: "off", DispatchMode: "enforced", ExecutionOutcome: "partial" });
    expect(result.PolicyReason).toContain("kill switch");
    expect(result.HostOutcomes.map(({ DispatchStatus }) => DispatchStatus)).toEqual([
      "dispatched",
      "not_dispatched",
      "not_dispatched",
    ]);
  });

  it("runs nothing when the kill switch is already on", async () => {
    const request = approved();
    const { result } = await dispatch(request, { ...live(), isKilled: () => true });
    expect(request.calls).toEqual([]);
    expect(result).toMatchObject({ ExecutionOutcome: "not_executed", ExecutionStartedAt: null, EffectiveMode: "off" });
    expect(result.HostOutcomes[0]).toMatchObject({ DispatchStatus: "not_dispatched", AttemptCount: 0 });
  });
});
