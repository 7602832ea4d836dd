import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { probeBackends } from "../../src/effect/sandbox/probe.js";
import { makeRepo, PROBE_DIR, type Repo } from "./harness.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PLAN =
  "apiVersion: worknode/v1\nkind: Plan\nid: kill\ntitle: Kill\nphases:\n  - id: p\n    tasks:\n      - {id: A, title: A, owner: implementer, files: {write: [notes.md]}}\n";
/** How long a process may take to appear or to go (ms); what is asserted is that it did. */
const PATIENCE_MS = 15_000;

const confined = (await probeBackends({ stateDir: PROBE_DIR })).chosen !== null;
let repo: Repo | undefined;
afterEach(() => repo?.remove());

function start(...args: string[]): {
  child: ChildProcess;
  ended: Promise<{ code: number | null; out: string; err: string }>;
} {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: repo?.dir,
    env: repo?.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => (out += String(chunk)));
  child.stderr?.on("data", (chunk) => (err += String(chunk)));
  return { child, ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err }))) };
}

/** Processes of this machine whose command line holds a mark. */
function running(mark: string): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => commandLine(pid).startsWith(mark)).length;
}

/** Empty for a process that has just ended. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

async function until(condition: () => boolean): Promise<void> {
  const endsAt = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > endsAt) throw new Error("waited in vain");
    await wait(50);
  }
}

function startCommand(mark: string): ReturnType<typeof start> {
  repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n" });
  const command = `echo two >> notes.md; sleep ${mark} & sleep ${mark}`;
  return start(
    "tool",
    "Bash",
    JSON.stringify({ command }),
    "--plan",
    "plan.yaml",
    "--task",
    "A",
    "--yes",
    "--output-format",
    "json",
  );
}

describe.skipIf(!confined)(`a command under way${confined ? "" : " (needs a sandbox)"}`, () => {
  it("dies with a worknode that is killed with -9, and nothing of it is kept", async () => {
    const mark = `97531.${process.pid}`;
    const { child, ended } = startCommand(mark);
    await until(() => running(`sleep ${mark}`) >= 2);
    expect((await start("status").ended).out).toMatch(/agent implementer on A: .*, ACTIVE$/m);
    child.kill("SIGKILL");
    await ended;
    await until(() => running(`sleep ${mark}`) === 0);
    expect((await start("status").ended).out).toMatch(/agent implementer on A: .*, ACTIVE, its process is gone$/m);
    const again = await start(
      "tool",
      "Read",
      '{"file_path":"notes.md"}',
      "--plan",
      "plan.yaml",
      "--task",
      "A",
      "--output-format",
      "json",
    ).ended;
    expect(JSON.parse(again.out)).toMatchObject({ result: expect.stringContaining("one") });
    expect(again.out).not.toContain("two");
  });

  it("is stopped by `worknode kill` from another process, and nothing of it is kept", async () => {
    const mark = `97532.${process.pid}`;
    const { ended } = startCommand(mark);
    await until(() => running(`sleep ${mark}`) >= 2);
    expect((await start("kill").ended).code).toBe(0);
    const { code, err } = await ended;
    expect(code).toBe(130);
    expect(err).toContain("worknode kill");
    expect((await start("status").ended).out).toMatch(/agent implementer on A: .*, TERMINATED$/m);
    expect(running(`sleep ${mark}`)).toBe(0);
    const worktree = execFileSync("find", [join(repo?.env["XDG_STATE_HOME"] ?? "", "worknode"), "-name", "notes.md"], {
      encoding: "utf8",
    }).trim();
    expect(existsSync(worktree) ? readFileSync(worktree, "utf8") : "").toBe("one\n");
  });

  it("ends in good order when its terminal is interrupted", async () => {
    const mark = `97533.${process.pid}`;
    const { child, ended } = startCommand(mark);
    await until(() => running(`sleep ${mark}`) >= 2);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(running(`sleep ${mark}`)).toBe(0);
  });
});
