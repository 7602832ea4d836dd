import { spawn as start } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { vi } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** The task of the plan that most tests leave to itself. */
export const B = { "B:work:1": [write("B.md"), submit] };

/** Loaded before a program: its clock is ahead, from the start or from SIGUSR2 on, which it answers with a file. */
export const aheadBy = (ms: number, from: "start" | "signal"): string => `
import { writeFileSync } from "node:fs";
const now = Date.now;
let offMs = ${from === "start" ? ms : 0};
Date.now = () => now() + offMs;
process.on("SIGUSR2", () => { offMs = ${ms}; writeFileSync(new URL("jumped", import.meta.url), ""); });
`;

/** worknode as a program of its own. */
export interface Program {
  send(signal: NodeJS.Signals): void;
  readonly ended: Promise<number | null>;
}

export function worknode(at: Repo, args: readonly string[], clock = ""): Program {
  const preload = join(at.dir, "..", `clock-${args[0]}.mjs`);
  writeFileSync(preload, clock);
  const child = start(process.execPath, ["--import", preload, MAIN, ...args], {
    cwd: at.dir,
    env: at.env,
    stdio: "ignore",
  });
  return { send: (signal) => void child.kill(signal), ended: new Promise((done) => child.once("close", done)) };
}

/** Has the clock of a program jump that was started with `aheadBy(…, "signal")`. */
export async function jump(at: Repo, run: Program): Promise<void> {
  run.send("SIGUSR2");
  await vi.waitUntil(() => existsSync(join(at.dir, "..", "jumped")), { timeout: 30_000 });
}

/** Has a client of the MCP server spawn agents, all asked for at once. */
export async function spawnByClient(at: Repo, ...asked: Record<string, unknown>[]): Promise<unknown[]> {
  const client = new Client({ name: "test", version: "1" });
  const env = { ...at.env } as Record<string, string>;
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [MAIN, "mcp"], cwd: at.dir, env }));
  try {
    return await Promise.all(asked.map((each) => client.callTool({ name: "spawn_agent", arguments: each })));
  } finally {
    await client.close();
  }
}

/** What goes on from the moment a reply is held. */
export type FromThere = (at: Repo, run: Program, release: (name?: string) => void) => Promise<unknown>;

/** Runs a repository's plan to the reply held as `here`, has `then` go on from there, and answers the log. */
export async function runHeld(
  at: Repo,
  replies: Record<string, readonly object[]>,
  then: FromThere,
  clock?: string,
): Promise<AnyEvent[]> {
  const server = await scripted(at, scriptOf({ ...B, ...replies }));
  const run = worknode(at, ["run", "plan.yaml", "--yes"], clock);
  await new Promise<void>((held) => server.onHold("here", held));
  await then(at, run, (name = "here") => server.release(name));
  await server.close();
  return eventsOf(at);
}

/** Ends a run by force, does what is to be done `between`, and has it continued by a program with that clock, to its exit code. */
export const killedAndContinued =
  ({ clock = "", between }: { clock?: string; between?: (at: Repo) => Promise<void> } = {}) =>
  async (at: Repo, run: Program, release: () => void): Promise<number | null> => {
    run.send("SIGKILL");
    await run.ended;
    await between?.(at);
    release();
    return await worknode(at, ["continue"], clock).ended;
  };

/** The files an agent wrote that were kept. */
export const keptBy = (events: readonly AnyEvent[], actor: string): string[] =>
  of(events, "EFFECT_KEPT")
    .filter((event) => event.actor === actor)
    .flatMap(({ payload }) => payload.changes.map(({ path }) => path));
