import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import { PROBE_DIR } from "../harness.js";
import { type Called, type Ground, lacking, prepareGround, SECRETS } from "./ground.js";

/**
 * A hostile call. `refused`: denied or discarded, exit 3, a violation recorded. `contained`: it may run, and
 * nothing outside its own throw-away surroundings comes of it. `unkept`: one of these, as a race will have it.
 */
export interface Attack {
  readonly name: string;
  readonly tool?: string;
  readonly task?: string;
  /** A shell command, or the input of another tool. PORT stands for a listener on the host's loopback. */
  readonly input: string | object;
  /** How long a shell command may take (ms). */
  readonly timeout?: number;
  readonly ends: "refused" | "contained" | "unkept";
  /** The rule that refuses, or what a contained command must say to show that it tried. */
  readonly by?: string | RegExp;
  /** Programs it needs beyond a bare machine's. */
  readonly needs?: readonly string[];
}

const sandbox = await probeBackends({ stateDir: PROBE_DIR });

/** Runs a class of attacks on one ground, each asserting the disk, the log and the exit. */
export function attackSuite(title: string, attacks: readonly Attack[]): void {
  const needsSandbox = attacks.some(({ tool }) => tool === undefined);
  const skip = needsSandbox && sandbox.chosen === null;
  describe.skipIf(skip)(`${title}${skip ? " (needs a sandbox: see worknode doctor)" : ""}`, () => {
    let ground: Ground;
    let before = "";
    beforeAll(async () => {
      ground = await prepareGround();
      await ground.call("Read", { file_path: "README.md" }); // opens the cycle and the worktrees
      for (const task of new Set(attacks.map(({ task = "A" }) => task)))
        await ground.call("Read", { file_path: "README.md" }, task);
      before = ground.fingerprint();
    });
    afterAll(() => ground.end());

    /** Between two attacks nothing changes: what one left is what the next finds. */
    function expectUntouched(): void {
      const found = before;
      before = ground.fingerprint();
      expect(before).toBe(found);
    }

    for (const attack of attacks) {
      const absent = lacking(attack.needs);
      it.skipIf(absent !== "")(`${attack.name}${absent}`, async () => {
        const called = await launch(ground, attack);
        expectUntouched();
        for (const secret of SECRETS) expect(called.told).not.toContain(secret);
        expect(ground.knocks()).toBe(0);
        const unkept = attack.ends === "unkept" && called.report.effects?.kept === false;
        if (attack.ends === "refused" || unkept) expectRefused(called, attack);
        else expectContained(called, attack);
      });
    }

    it("leave a log whose chain holds, and one notice of each thing that was tried", () => {
      const store = ground.repo.store();
      expect(store.verify().ok).toBe(true);
      const tried = store.events({ type: "SECURITY_VIOLATION" }).flatMap((event) => {
        if (event.type !== "SECURITY_VIOLATION") return [];
        const { subject, rule, object } = event.payload;
        return [`${subject}:${rule}:${object}`];
      });
      const told = store
        .events({ type: "ALERT" })
        .flatMap((event) => (event.type === "ALERT" ? [event.payload.key] : []));
      expect(told).toEqual([...new Set(tried)]);
      store.close();
    });
  });
}

async function launch(ground: Ground, { tool = "Bash", input, task, timeout = 5_000 }: Attack): Promise<Called> {
  if (typeof input !== "string") return await ground.call(tool, input, task);
  const command = input.replaceAll("PORT", String(ground.port)).replaceAll("ROOT", ground.repo.dir);
  return await ground.call("Bash", { command, timeout }, task);
}

function expectRefused(called: Called, { by }: Attack): void {
  const { report, events, exitCode } = called;
  expect(exitCode).toBe(3);
  expect(report.effects?.kept ?? false).toBe(false);
  const types = events.map(({ type }) => type);
  expect(types).toContain("SECURITY_VIOLATION");
  expect(types).not.toContain("EFFECT_KEPT");
  if (typeof by === "string") expect(rulesOf(called)).toContain(by);
}

function rulesOf({ report, events }: Called): string[] {
  const violated = events.flatMap((event) => (event.type === "SECURITY_VIOLATION" ? [event.payload.rule] : []));
  return [...violated, ...(report.effects?.refused ?? []).map(({ rule }) => rule)];
}

function expectContained(called: Called, { by }: Attack): void {
  const { report, events } = called;
  expect(events.map(({ type }) => type)).toContain("TOOL_RESULT");
  expect(report.effects?.changes ?? []).toEqual([]);
  if (by instanceof RegExp) expect(JSON.stringify(report.result)).toMatch(by);
}
