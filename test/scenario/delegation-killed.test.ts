import { spawn as start } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { PLAN, spawn } from "./delegation-ground.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
let repo: Repo | undefined;
afterEach(() => repo?.remove());

const HALF_AN_HOUR_MS = 30 * 60_000;
const TIMED = `agents:
  executive: { tier: executive, maxDuration: 30m }
  implementer: { tier: implementation }
  validator: { tier: validation }
phases:`;
const B = { "B:work:1": [write("B.md"), submit] };

/** Loaded before the program: its clock is ahead, from the start or from SIGUSR2 on, which it answers with a file. */
const aheadBy = (ms: number, from: "start" | "signal"): string => `
import { writeFileSync } from "node:fs";
const now = Date.now;
let offMs = ${from === "start" ? ms : 0};
Date.now = () => now() + offMs;
process.on("SIGUSR2", () => { offMs = ${ms}; writeFileSync(new URL("jumped", import.meta.url), ""); });
`;

const LATE = aheadBy(HALF_AN_HOUR_MS, "start");

interface Program {
  send(signal: NodeJS.Signals): void;
  readonly ended: Promise<number | null>;
}

function worknode(at: Repo, args: readonly string[], clock = ""): Program {
  const preload = join(at.dir, "..", `clock-${args[0]}.mjs`);
  writeFileSync(preload, clock);
  const child = start(process.execPath, ["--import", preload, MAIN, ...args], {
    cwd: at.dir,
    env: at.env,
    stdio: "ignore",
  });
  return { send: (signal) => void child.kill(signal), ended: new Promise((done) => child.once("close", done)) };
}

/** Ends a run by force, does what is to be done `between`, and has it continued to its end by a program with that clock. */
const killedAndContinued =
  ({ clock = "", between }: { clock?: string; between?: (at: Repo) => Promise<void> } = {}) =>
  async (at: Repo, run: Program, release: () => void): Promise<void> => {
    run.send("SIGKILL");
    await run.ended;
    await between?.(at);
    release();
    expect(await worknode(at, ["continue"], clock).ended).toBe(0);
  };

/** Has a client of the MCP server spawn an agent. */
async function spawnByClient(at: Repo, asked: Record<string, unknown>): Promise<unknown> {
  const client = new Client({ name: "test", version: "1" });
  const env = { ...at.env } as Record<string, string>;
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [MAIN, "mcp"], cwd: at.dir, env }));
  try {
    return await client.callTool({ name: "spawn_agent", arguments: asked });
  } finally {
    await client.close();
  }
}

/** Runs the plan to the reply held as `here`, has `then` go on from there, and answers the log. */
async function heldRun(
  plan: string,
  replies: Record<string, readonly object[]>,
  then: (at: Repo, run: Program, release: () => void) => Promise<unknown>,
  clock?: string,
): Promise<AnyEvent[]> {
  const at = makeRepo({ "README.md": "# r\n", "plan.yaml": plan });
  repo = at;
  const server = await scripted(at, scriptOf({ ...replies, ...B }));
  const run = worknode(at, ["run", "plan.yaml", "--yes"], clock);
  await new Promise<void>((held) => server.onHold("here", held));
  await then(at, run, () => server.release("here"));
  await server.close();
  return eventsOf(at);
}

const keptBy = (events: readonly AnyEvent[], actor: string): string[] =>
  of(events, "EFFECT_KEPT")
    .filter((event) => event.actor === actor)
    .flatMap(({ payload }) => payload.changes.map(({ path }) => path));

describe("a spawned agent after kill -9", () => {
  const dear = { usage: { input_tokens: 1, output_tokens: 20_000 } }; // $0.20 of the child's model
  const names = Array.from({ length: 7 }, (_, index) => `notes/${index}.md`);
  const writes = names.map((name, index) => write(name, "n\n", index === 2 ? { ...dear, hold: "here" } : dear));

  const killed = async (limits: object): Promise<AnyEvent[]> =>
    await heldRun(
      PLAN.replace("usd: 50", "usd: 1"),
      {
        "P:work:1": [spawn({ limits }), write("docs/p.md"), submit],
        "A:work:1": [...writes, submit],
        "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "no money" })],
      },
      async (at, run, release) => {
        run.send("SIGKILL");
        await run.ended;
        release();
        expect(await worknode(at, ["budget", "add", "--usd", "50"]).ended).toBe(0);
        await worknode(at, ["continue"]).ended;
      },
    );

  it("that was handed exactly the plan's budget keeps that, when the plan's is raised", async () => {
    const events = await killed({ usd: 1 });
    expect(of(events, "BUDGET_REFUSED")).toMatchObject([{ actor: "implementer-1", task: "A" }]);
    expect(keptBy(events, "implementer-1").length).toBeLessThan(names.length);
    expect(keptBy(events, "implementer-1").length).toBeGreaterThan(1);
  });

  it("that was handed no budget of its own spends what the plan's was raised by", async () => {
    const events = await killed({ maxComplexity: 3 });
    expect(of(events, "BUDGET_REFUSED")).toEqual([]);
    expect(keptBy(events, "implementer-1")).toEqual(names);
  });
});

describe("a spawned agent whose spawner has half an hour", () => {
  const replies = {
    "P:work:1": [spawn(), write("docs/p.md"), submit],
    "A:work:1": [write("notes/a.md"), write("notes/late.md", "x\n", { hold: "here" }), submit],
    "A:escalation:1": [use("resolve_escalation", { action: "reassign", agent: "implementer", reason: "go on" })],
    "A:work:2": [write("A.md"), submit],
  };
  const plan = PLAN.replace("phases:", TIMED);

  const expectEnded = (events: readonly AnyEvent[]): void => {
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md"]);
    const told = of(events, "ESCALATION").map(({ payload }) => payload.reason);
    expect(told).toEqual([expect.stringContaining("it ends with the maxDuration of executive, which spawned it")]);
    expect(keptBy(events, "implementer")).toContain("A.md");
    expect(repo?.git("show", "worknode/hand/1:A.md", "worknode/hand/1:notes/a.md")).toBe("x\nx\n");
  };

  it("has no more: its call is denied, it is asked no more, and its task goes to the executive", async () => {
    const events = await heldRun(
      plan,
      replies,
      async (at, run, release) => {
        run.send("SIGUSR2");
        await vi.waitUntil(() => existsSync(join(at.dir, "..", "jumped")), { timeout: 30_000 });
        release();
        expect(await run.ended).toBe(0);
      },
      aheadBy(HALF_AN_HOUR_MS, "signal"),
    );
    expectEnded(events);
  });

  it("gains none by kill -9 and continue", async () => {
    expectEnded(await heldRun(plan, replies, killedAndContinued({ clock: LATE })));
  });

  it("works on within it after kill -9", async () => {
    const events = await heldRun(plan, replies, killedAndContinued());
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md", "notes/late.md"]);
    expect(of(events, "ESCALATION")).toEqual([]);
  });
});

describe("an agent that a client spawned by MCP between two sessions", () => {
  const replies = {
    "P:work:1": [write("docs/p.md", "x\n", { hold: "here" }), submit],
    "A:work:1": [write("notes/a.md"), submit],
    "A:escalation:1": [use("resolve_escalation", { action: "reassign", agent: "implementer", reason: "go on" })],
    "A:work:2": [write("A.md"), submit],
  };
  const plan = PLAN.replace("phases:", TIMED);
  const asked = { role: "implementer", task: "A", reason: "help" };
  const between = async (at: Repo): Promise<void> => {
    expect(await spawnByClient(at, asked)).toMatchObject({ isError: false });
  };

  it("has the time of the plan's executive from then on, and no more in the session that follows", async () => {
    const events = await heldRun(plan, replies, killedAndContinued({ clock: LATE, between }));
    expect(keptBy(events, "implementer-1")).toEqual([]);
    const told = of(events, "ESCALATION").map(({ payload }) => payload.reason);
    expect(told).toEqual([expect.stringContaining("it ends with the maxDuration of executive, which spawned it")]);
    expect(keptBy(events, "implementer")).toContain("A.md");
  });

  it("works within that time, and none is spawned once the cycle has ended", async () => {
    const events = await heldRun(plan, replies, killedAndContinued({ between }));
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md"]);
    expect(of(events, "ESCALATION")).toEqual([]);
    if (repo === undefined) throw new Error("no repository");
    expect(await spawnByClient(repo, asked)).toMatchObject({
      isError: true,
      content: [{ text: "There is no open cycle to coordinate." }],
    });
    const spawned = of(eventsOf(repo), "AGENT_SPAWNED").filter(({ payload }) => payload.parent !== null);
    expect(new Set(spawned.map(({ payload }) => payload.agent.id))).toEqual(new Set(["implementer-1"]));
  });
});
