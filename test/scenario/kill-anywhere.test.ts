import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** More of them, for a longer look: WORKNODE_KILL_INSTANTS. */
const INSTANTS = Number(process.env["WORKNODE_KILL_INSTANTS"] ?? 6);
const SEED = Number(process.env["WORKNODE_KILL_SEED"] ?? Date.now() % 1_000_000);

const task = (id: string, more = ""): string =>
  `      - { id: ${id}, title: Note ${id}, owner: implementer, files: { write: [${id}/one.md, ${id}/two.md] }${more} }\n`;
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: kill
title: Notes
phases:
  - id: build
    tasks:
${task("A")}${task("B")}${task("C", ", needs: [A, B]")}`;

const work = (id: string): object[] => [
  write(`${id}/one.md`, `${id} one\n`),
  use("Read", { file_path: `${id}/one.md` }),
  use("Edit", { file_path: `${id}/one.md`, old_string: "one", new_string: "first" }),
  write("README.md", "mine\n"),
  write(`${id}/two.md`, `${id} two\n`),
  submit,
];
const SCRIPT = scriptOf({ "A:work:1": work("A"), "B:work:1": work("B"), "C:work:1": work("C") });

/** Loaded before the program: counts what it does to files and processes, and ends it by SIGKILL at the given count. */
const PRELOAD = `
import fs from "node:fs";
import child from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
const at = Number(process.env.KILL_AT);
const report = fs.writeFileSync;
let count = 0;
const tick = () => { if (++count === at) process.kill(process.pid, "SIGKILL"); };
const wrap = (holder, name) => {
  const original = holder[name];
  holder[name] = function (...args) {
    tick();
    const result = original.apply(this, args);
    tick();
    return result;
  };
};
const names = ["rename", "writeFile", "open", "mkdir", "unlink", "rm", "link", "symlink", "appendFile", "copyFile"];
for (const name of names) { wrap(fs, name + "Sync"); wrap(fs.promises, name); }
for (const name of ["fsyncSync", "writeSync", "closeSync"]) wrap(fs, name);
for (const name of ["spawn", "execFile", "spawnSync", "execFileSync"]) wrap(child, name);
syncBuiltinESMExports();
process.on("exit", () => report(process.env.KILL_COUNT, String(count)));
`;

interface Kill {
  /** The operation on a file or process to end it at; 0 for none. */
  readonly at?: number;
  /** The time to end it after (ms). */
  readonly afterMs?: number;
}

async function worknode(repo: Repo, args: readonly string[], { at = 0, afterMs }: Kill = {}): Promise<number | null> {
  const env = {
    ...repo.env,
    NODE_OPTIONS: `--import ${join(repo.dir, "preload.mjs")}`,
    KILL_AT: String(at),
    KILL_COUNT: join(repo.dir, ".git", "count"),
  };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: repo.dir, env, stdio: "ignore" });
  const timer = afterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), afterMs);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  return code;
}

const makeKillRepo = (): Repo =>
  makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN, "preload.mjs": PRELOAD, ".gitignore": "preload.mjs\n" });

/** Numbers in [0, 1) that a seed gives again. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const logOf = (repo: Repo): AnyEvent[] =>
  existsSync(join(repo.dir, ".worknode", "worknode.db")) ? eventsOf(repo) : [];

/** How many replies the log holds of each conversation. */
function repliesIn(events: readonly AnyEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { payload } of of(events, "MODEL_RESPONSE"))
    counts.set(payload.conversation, (counts.get(payload.conversation) ?? 0) + 1);
  return counts;
}

const twice = (values: readonly string[]): string[] => values.filter((value, index) => values.indexOf(value) !== index);

describe(`kill -9 anywhere (seed ${SEED})`, () => {
  let operations = 0;
  let elapsedMs = 0;
  let tree = "";

  beforeAll(async () => {
    const repo = makeKillRepo();
    const server = await scripted(repo, SCRIPT);
    const started = Date.now();
    expect(await worknode(repo, ["run", "plan.yaml", "--yes"])).toBe(0);
    elapsedMs = Date.now() - started;
    operations = Number(readFileSync(join(repo.dir, ".git", "count"), "utf8"));
    tree = repo.git("rev-parse", "worknode/kill/1^{tree}");
    await server.close();
    repo.remove();
    expect(operations).toBeGreaterThan(100);
  }, 300_000);

  const instants = Array.from({ length: INSTANTS }, (_, index) => index);
  let repo: Repo | undefined;
  afterAll(() => repo?.remove());

  it.each(instants)(
    "in part %i of a run and again while it continues: nothing recorded is asked again, nothing done twice, the same result",
    { timeout: 300_000 },
    async (index) => {
      repo = makeKillRepo();
      const random = randomOf(SEED + index);
      const at = Math.floor(((index + random()) * operations) / INSTANTS) + 1;
      const server = await scripted(repo, SCRIPT);
      const kills: Kill[] = [
        index % 3 === 2 ? { afterMs: ((index + random()) * elapsedMs) / INSTANTS } : { at },
        { at: Math.floor(random() * operations) + 1 },
        {},
      ];
      const asked: string[] = [];
      for (const kill of kills) {
        const known = logOf(repo);
        const replies = repliesIn(known);
        const before = server.requests().length;
        const fresh = of(known, "CYCLE_STARTED").length === 0;
        await worknode(repo, fresh ? ["run", "plan.yaml", "--yes"] : ["continue"], kill);
        for (const { conversation, index: turn } of server.requests().slice(before))
          if (turn < (replies.get(conversation) ?? 0)) asked.push(`${conversation} ${turn}`);
      }
      await server.close();
      const events = eventsOf(repo);
      expect(asked, JSON.stringify(kills)).toEqual([]);
      expect(of(events, "CYCLE_ENDED").map(({ payload }) => payload.status)).toEqual(["done"]);
      expect(repo.git("rev-parse", "worknode/kill/1^{tree}")).toBe(tree);
      expect(repo.git("rev-list", "--count", "main..worknode/kill/1").trim()).toBe("3");
      for (const type of ["EFFECT_KEPT", "TOOL_RESULT"] as const)
        expect(twice(of(events, type).map(({ payload }) => `${type} ${payload.call_id}`))).toEqual([]);
      expect(twice(of(events, "EVENT_TASK_COMPLETED").map(({ task: id }) => id ?? ""))).toEqual([]);
      const context = makeContext({ cwd: repo.dir, env: repo.env });
      expect(await runCommandLine(context, ["log", "verify"])).toBe(0);
      repo.remove();
    },
  );
});
