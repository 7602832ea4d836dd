import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { type Repo, scripted } from "./harness.js";
import { assertTrue, BRANCH, gather, makeBatchRepo, merged, repliesOf, verifyReceipts } from "./merge-ground.js";
import { eventsOf, scriptOf } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const TEN_MINUTES_MS = 600_000;

let repo: Repo | undefined;
afterEach(() => repo?.remove());

/** Ends the program by SIGKILL before or after the given run of a program. */
const PRELOAD = `
import child from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
const { KILL_ON = "", KILL_NTH, KILL_WHEN } = process.env;
const spawn = child.spawn;
let seen = 0;
const end = () => process.kill(process.pid, "SIGKILL");
child.spawn = function (file, args, ...rest) {
  const hit = KILL_ON !== "" && [file, ...(args ?? [])].join(" ").includes(KILL_ON) && ++seen === Number(KILL_NTH);
  if (hit && KILL_WHEN === "before") end();
  const made = spawn.call(this, file, args, ...rest);
  if (hit) made.once("close", end);
  return made;
};
syncBuiltinESMExports();
`;

describe("kill -9 in the middle of a batch loses nothing and keeps nothing twice", () => {
  it.each([
    ["while they are laid on top of each other", "--index-info", 2, "after"],
    ["while the worktree to verify them in is made", ".stack ", 1, "after"],
    ["while they are verified", "check.mjs", 5, "before"],
    ["while they are committed", "hash-object -t commit", 1, "after"],
    ["when the branch has moved", "update-ref -m worknode: merge", 2, "after"],
  ] as const)("%s", { timeout: TEN_MINUTES_MS }, async (_when, on, nth, when) => {
    const ids = ["A", "B", "C", "D"];
    const made = makeBatchRepo(ids, on === "check.mjs" ? "" : "-");
    repo = made;
    made.write("../preload.mjs", PRELOAD);
    const server = await scripted(made, scriptOf(repliesOf(ids)));
    const kill = { KILL_ON: on, KILL_NTH: String(nth), KILL_WHEN: when };
    const [ended] = await Promise.all([worknode(made, ["run", "plan.yaml", "--yes"], kill), gather(made, server, ids)]);
    expect(ended).toBe("SIGKILL");
    expect(merged(made)).toEqual(on.startsWith("update-ref") && when === "after" ? ids : ["A"]);
    const asked = server.requests().length;
    expect(await worknode(made, ["continue"])).toBe(0);
    expect(server.requests().length).toBe(asked);
    await server.close();
    const events = eventsOf(made);
    assertTrue(made, events);
    expect(merged(made).sort()).toEqual(ids);
    expect((await verifyReceipts(made, `main..${BRANCH}`)).code).toBe(0);
    const context = makeContext({ cwd: made.dir, env: made.env });
    expect(await runCommandLine(context, ["log", "verify"])).toBe(0);
  });

  async function worknode(repo: Repo, args: readonly string[], kill: Record<string, string> = {}) {
    const env = { ...repo.env, ...kill, NODE_OPTIONS: `--import ${join(repo.dir, "..", "preload.mjs")}` };
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: repo.dir, env, stdio: "ignore" });
    return await new Promise<number | string | null>((resolve) =>
      child.on("close", (code, signal) => resolve(signal ?? code)),
    );
  }
});
