import { afterEach, describe, expect, it } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { PLAN, planOf, spawn } from "./delegation-ground.js";
import {
  aheadBy,
  type FromThere,
  jump,
  keptBy,
  killedAndContinued,
  runHeld,
  spawnByClient,
  worknode,
} from "./delegation-program.js";
import { makeRepo, type Repo } from "./harness.js";
import { eventsOf, of, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const HALF_AN_HOUR_MS = 30 * 60_000;
const TIMED = planOf(", maxDuration: 30m");
const LATE = aheadBy(HALF_AN_HOUR_MS, "start");

async function heldRun(
  plan: string,
  replies: Record<string, readonly object[]>,
  then: FromThere,
  clock?: string,
): Promise<AnyEvent[]> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan });
  return await runHeld(repo, replies, then, clock);
}

/** Has a killed run continued to its end. */
const continued =
  (how: Parameters<typeof killedAndContinued>[0] = {}): FromThere =>
  async (...run) => {
    expect(await killedAndContinued(how)(...run)).toBe(0);
  };

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

  const expectEnded = (events: readonly AnyEvent[]): void => {
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md"]);
    const told = of(events, "ESCALATION").map(({ payload }) => payload.reason);
    expect(told).toEqual([expect.stringContaining("it ends with the maxDuration of executive, which spawned it")]);
    expect(keptBy(events, "implementer")).toContain("A.md");
    expect(repo?.git("show", "worknode/hand/1:A.md", "worknode/hand/1:notes/a.md")).toBe("x\nx\n");
  };

  it("has no more: its call is denied, it is asked no more, and its task goes to the executive", async () => {
    const events = await heldRun(
      TIMED,
      replies,
      async (at, run, release) => {
        await jump(at, run);
        release();
        expect(await run.ended).toBe(0);
      },
      aheadBy(HALF_AN_HOUR_MS, "signal"),
    );
    expectEnded(events);
  });

  it("gains none by kill -9 and continue", async () => {
    expectEnded(await heldRun(TIMED, replies, continued({ clock: LATE })));
  });

  it("works on within it after kill -9", async () => {
    const events = await heldRun(TIMED, replies, continued());
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
  const asked = { role: "implementer", task: "A", reason: "help" };
  const between = async (at: Repo): Promise<void> => {
    expect(await spawnByClient(at, asked)).toMatchObject([{ isError: false }]);
  };

  it("has the time of the plan's executive from then on, and no more in the session that follows", async () => {
    const events = await heldRun(TIMED, replies, continued({ clock: LATE, between }));
    expect(keptBy(events, "implementer-1")).toEqual([]);
    const told = of(events, "ESCALATION").map(({ payload }) => payload.reason);
    expect(told).toEqual([expect.stringContaining("it ends with the maxDuration of executive, which spawned it")]);
    expect(keptBy(events, "implementer")).toContain("A.md");
  });

  it("works within that time, and none is spawned once the cycle has ended", async () => {
    const events = await heldRun(TIMED, replies, continued({ between }));
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md"]);
    expect(of(events, "ESCALATION")).toEqual([]);
    if (repo === undefined) throw new Error("no repository");
    expect(await spawnByClient(repo, asked)).toMatchObject([
      { isError: true, content: [{ text: "There is no open cycle to coordinate." }] },
    ]);
    const spawned = of(eventsOf(repo), "AGENT_SPAWNED").filter(({ payload }) => payload.parent !== null);
    expect(new Set(spawned.map(({ payload }) => payload.agent.id))).toEqual(new Set(["implementer-1"]));
  });

  it("is one of two where two are asked for at once", async () => {
    const both = async (at: Repo): Promise<void> => {
      const said = await spawnByClient(at, asked, { ...asked, task: "B" });
      expect(said).toMatchObject([{ isError: false }, { isError: false }]);
    };
    const events = await heldRun(TIMED, replies, continued({ between: both }));
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md"]);
    expect(keptBy(events, "implementer-2")).toEqual(["B.md"]);
  });
});
