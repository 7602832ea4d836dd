import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { askProgram } from "../../../../src/effect/program/ask-program.js";
import { isRunning } from "../sandbox/fixture.js";

const ask = (script: string, more: { timeoutMs?: number; input?: string } = {}) =>
  askProgram(["/bin/sh", "-c", script], { cwd: tmpdir(), env: { PATH: "/usr/bin:/bin" }, timeoutMs: 20_000, ...more });

const openPipes = (): number => process.getActiveResourcesInfo().filter((name) => name === "PipeWrap").length;

/** Ends the processes that this test left behind on purpose. */
function endMarked(marker: string): void {
  for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    try {
      if (readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").includes(marker)) process.kill(Number(id), "SIGKILL");
    } catch {
      // gone meanwhile
    }
}

/** The kernel takes a killed process away a moment after the signal. */
async function isGone(marker: string): Promise<boolean> {
  for (let look = 0; look < 100 && isRunning(marker); look += 1) await new Promise((done) => setTimeout(done, 20));
  return !isRunning(marker);
}

describe("A program that is asked", () => {
  it("answers with its exit code and words, and reads what it is given or leaves it", async () => {
    expect(await ask("cat; echo said >&2; exit 3", { input: "given" })).toEqual({
      code: 3,
      stdout: "given",
      stderr: "said\n",
    });
    expect(await ask("exec true", { input: "x".repeat(1_000_000) })).toMatchObject({ code: 0 });
  });

  it("that cannot be run, or dies, gives no exit code", async () => {
    const answer = await askProgram(["/none/such"], { env: {}, timeoutMs: 1_000 });
    expect(answer).toMatchObject({ code: null, stderr: expect.stringContaining("ENOENT") });
    expect(await ask("kill -9 $$")).toMatchObject({ code: null });
  });

  it("is waited for no longer than it has, though what left its group holds its output", {
    timeout: 25_000,
  }, async () => {
    const marker = `86401.${process.pid}`;
    const before = openPipes();
    const answer = await ask(`setsid sleep ${marker} & sleep 86400`, { timeoutMs: 300 });
    expect(answer).toMatchObject({ code: null, stderr: expect.stringContaining("did not end") });
    for (let look = 0; look < 100 && openPipes() > before; look += 1) await new Promise((done) => setTimeout(done, 20));
    expect(openPipes()).toBeLessThanOrEqual(before); // they would keep this process from ending
    endMarked(marker);
    expect(await isGone(marker)).toBe(true);
  });

  it("may leave something behind that holds none of its output", async () => {
    const marker = `86402.${process.pid}`;
    const answer = await ask(`sleep ${marker} </dev/null >/dev/null 2>&1 & echo $!`);
    expect(answer).toMatchObject({ code: 0, stderr: "" });
    process.kill(Number(answer.stdout), "SIGKILL");
    expect(await isGone(marker)).toBe(true);
  });

  it("that cannot even be tried gives no exit code", async () => {
    expect(await askProgram(["/bin/sh", "\0"], { env: {}, timeoutMs: 1_000 })).toMatchObject({ code: null });
    const cwd = "/no/such/folder";
    expect(await askProgram(["/bin/sh"], { cwd, env: {}, timeoutMs: 1_000 })).toMatchObject({ code: null });
  });

  it.each([
    ["takes too long", "echo begun; sleep MARK & sleep MARK", "within 500 ms"],
    ["has ended and left something that holds its output", "echo begun; sleep MARK &", "within 500 ms"],
    ["says too much", "echo begun; sleep MARK & yes", "more than 1048576 bytes"],
  ])("and %s is ended with all that it started", async (_, script, why) => {
    const marker = `86400.${process.pid}${why.length}${script.length}`;
    const answer = await ask(script.replaceAll("MARK", marker), { timeoutMs: why.includes("ms") ? 500 : 20_000 });
    expect(answer).toMatchObject({ code: null, stderr: expect.stringContaining(why) });
    expect(answer.stdout).toMatch(/^begun\n/);
    expect(await isGone(marker)).toBe(true);
  });
});
