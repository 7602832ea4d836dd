import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Clock } from "../../../src/kernel/clock.js";
import { type Allowance, allowancePath, openAllowance } from "../../../src/model/allowance.js";
import type { ModelFailure } from "../../../src/model/failure.js";
import { openAllowanceFile } from "../../../src/store/allowance/open.js";

const KEY = { baseUrl: "http://127.0.0.1:1", apiKey: "a key" };
let env: NodeJS.ProcessEnv;
let nowMs: number;
let warnings: string[];
let open: Allowance[];
/** Sleeping passes the time and runs what is due. */
let onSleep: () => void;
const clock: Clock = {
  nowMs: () => nowMs,
  sleep: async (ms, signal) => {
    if (signal?.aborted === true) throw new Error("aborted");
    nowMs += ms;
    onSleep();
    await Promise.resolve();
  },
};
beforeEach(() => {
  env = { XDG_STATE_HOME: mkdtempSync(join(tmpdir(), "pace-")) };
  nowMs = 1_000_000;
  warnings = [];
  open = [];
  onSleep = () => {};
});
afterEach(() => {
  for (const each of open) each.close();
  rmSync(env["XDG_STATE_HOME"] ?? "", { recursive: true });
});

const crewOf = (name: string): Allowance => {
  const made = openAllowance(KEY, { env, crew: name, clock, onWarning: (text) => warnings.push(text) });
  open.push(made);
  return made;
};
const refusal = (more: Partial<ModelFailure>): ModelFailure => ({
  failure_class: "rate_limit",
  message: "slow down",
  retry: "transient",
  bytesReceived: false,
  charged: false,
  ...more,
});
const waits: number[] = [];
const wait = (signal = new AbortController().signal) => ({
  signal,
  isOver: () => false,
  onLongWait: (ms: number) => waits.push(ms),
});

it("waits as long as the server asked another crew to, and tells a long wait once", async () => {
  const [one, two] = [crewOf("one"), crewOf("two")];
  one.pace.failed("m", refusal({ retryAfterMs: 30_000 }));
  (await two.pace.turn("m", wait())).end();
  expect(nowMs).toBe(1_030_000);
  expect(waits.splice(0)).toEqual([30_000]);
});

it("waits a moment after a refusal that names no time, an hour at most after one that does, and after no other failure", async () => {
  const one = crewOf("one");
  one.pace.failed("m", refusal({ failure_class: "server" }));
  one.pace.failed("m", refusal({ failure_class: "auth", retry: "never", retryAfterMs: 9_000 }));
  (await one.pace.turn("m", wait())).end();
  expect(nowMs).toBe(1_000_000);
  one.pace.failed("m", refusal({}));
  (await one.pace.turn("m", wait())).end();
  expect(nowMs).toBe(1_001_000);
  one.pace.failed("n", refusal({ retryAfterMs: 10 * 3_600_000 }));
  (await one.pace.turn("n", wait())).end();
  expect(nowMs).toBe(1_001_000 + 3_600_000);
});

it("ends its wait when it is cancelled or over, and keeps nobody else waiting then", async () => {
  const [one, two] = [crewOf("one"), crewOf("two")];
  one.pace.failed("m", refusal({ retryAfterMs: 5_000 }));
  (await one.pace.turn("m", wait(AbortSignal.abort()))).end();
  (await one.pace.turn("m", { ...wait(), isOver: () => true })).end();
  expect(nowMs).toBe(1_000_000);
  (await two.pace.turn("m", wait())).end();
  expect(nowMs).toBe(1_005_000);
});

it("goes on without the others' rates where they cannot be kept, and says so once", async () => {
  const one = crewOf("one");
  one.setCap(null, "");
  openAllowanceFile(allowancePath(env, KEY)).database.exec("DROP TABLE hold; DROP TABLE turn; DROP TABLE rate");
  one.pace.failed("m", refusal({ retryAfterMs: 5_000 }));
  one.pace.head("m", { status: 200, headers: new Headers() });
  (await one.pace.turn("m", wait())).end();
  expect(nowMs).toBe(1_000_000);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("without knowing of other crews' rates");
});

it("keeps the crews of other keys and of other servers apart, and makes no file for nothing", async () => {
  const one = crewOf("one");
  await one.pace.turn("m", wait());
  one.pace.head("m", { status: 200, headers: new Headers() });
  expect(() => openAllowance(KEY, { env, crew: "" }).close()).not.toThrow();
  const paths = [KEY, { ...KEY, apiKey: "b key" }, { ...KEY, baseUrl: "http://127.0.0.1:2" }].map((each) =>
    allowancePath(env, each),
  );
  expect(new Set(paths).size).toBe(3);
  expect(paths.join(" ")).not.toContain("key");
  expect(warnings).toEqual([]);
});
