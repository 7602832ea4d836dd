import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { git, type Home, makeRepository, openTask, temporaryDirectory } from "../unit/effect/fixture.js";

let program = "";
beforeAll(async () => {
  program = join(temporaryDirectory(), "open.mjs");
  const entryPoints = [resolve(import.meta.dirname, "child/open.ts")];
  const driver = resolve("node_modules/better-sqlite3/lib/index.js");
  const banner = {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  };
  await build({
    entryPoints,
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    banner,
    alias: { "better-sqlite3": driver },
    external: [driver],
  });
});

/** Runs the child; `killAfterMs` sends SIGKILL. Answers its exit code and what it said. */
async function runChild(
  home: Home,
  task: string,
  verb: "open" | "merge",
  killAfterMs?: number,
): Promise<{ code: number | null; stderr: string }> {
  const env = { PATH: process.env["PATH"], ...home.env };
  const child = spawn(process.execPath, [program, home.root, task, verb], { env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((done) => child.once("close", done));
  if (killAfterMs !== undefined) {
    await delay(killAfterMs);
    child.kill("SIGKILL");
  }
  return { code: await ended, stderr };
}

function bigRepository(): Home {
  return makeRepository(
    Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`d${index % 20}/f${index}.txt`, `${index}\n`])),
  );
}

describe("worknode processes side by side", () => {
  it("open their tasks' worktrees and merge them without losing one another's commits", async () => {
    const home = makeRepository();
    const tasks = ["T1", "T2", "T3", "T4"];
    const ended = await Promise.all(tasks.map((task) => runChild(home, task, "merge")));
    expect(ended.map(({ stderr }) => stderr).join("")).toBe("");
    expect(git(home.root, "ls-tree", "--name-only", "worknode/plan/1").trim().split("\n")).toEqual([
      "T1.txt",
      "T2.txt",
      "T3.txt",
      "T4.txt",
      "a.txt",
    ]);
    expect(git(home.root, "rev-list", "--count", "worknode/plan/1").trim()).toBe("5");
    expect(git(home.root, "status", "--porcelain")).toBe("");
  });
});

describe("kill -9 while a worktree is made or merged", () => {
  it("leaves something the next session opens whole, whenever it comes", async () => {
    const home = bigRepository();
    const repository = await home.find();
    for (let round = 0; round < 6; round += 1) {
      await runChild(home, `K${round}`, "merge", 120 + round * 70);
      const workspace = await openTask(repository, `K${round}`);
      expect(git(workspace.worktree, "ls-files", "--deleted")).toBe("");
      expect(readFileSync(join(workspace.worktree, "d1/f1.txt"), "utf8")).toBe("1\n");
      expect((await runChild(home, `K${round}`, "merge")).stderr).toBe("");
      expect(
        git(home.root, "log", "--format=%s", "worknode/plan/1")
          .split("\n")
          .filter((subject) => subject === `K${round}`),
      ).toHaveLength(1);
    }
    expect(readdirSync(join(repository.stateDir, "worktrees")).filter((name) => name.includes(".left-"))).toEqual([]);
    expect(git(home.root, "status", "--porcelain")).toBe("");
    expect(git(home.root, "fsck", "--connectivity-only")).not.toMatch(/missing|error/);
  });
});
