import { afterEach, describe, expect, it } from "vitest";
import { assembleCrew } from "../../src/crew/cycle/assemble.js";
import { withProject } from "../../src/crew/cycle/project.js";
import { continueRun, type RunResult } from "../../src/crew/cycle/session.js";
import { type Outside, type OutsideHandler, openOutside } from "../../src/crew/service/outside.js";
import { type OutsidePlace, outsideTools } from "../../src/crew/service/outside-tools.js";
import type { Crew, Narrowed } from "../../src/crew/state/context.js";
import { readPlan } from "../../src/crew/state/plan-source.js";
import type { AnyEvent } from "../../src/schema/event.js";
import type { EventFilter } from "../../src/store/sql/select-events.js";
import { blocker, planOf, resolve, spawn } from "./delegation-ground.js";
import { B, keptBy } from "./delegation-program.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

/** Runs the plan until an event, and continues it in a session of its own. */
async function interrupted(
  replies: Record<string, readonly object[]>,
  isTheMoment: (event: AnyEvent) => boolean,
  plan = planOf(),
): Promise<{ first: RunResult; second: RunResult; events: AnyEvent[] }> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan });
  const server = await scripted(repo, scriptOf({ ...B, ...replies }));
  const stop = new AbortController();
  try {
    const first = await run(repo, "plan.yaml", (event) => void (isTheMoment(event) && stop.abort()), stop.signal);
    const signal = new AbortController().signal;
    const second = await continueRun({ cwd: repo.dir, env: repo.env, signal, onEvent: () => undefined });
    return { first, second, events: eventsOf(repo) };
  } finally {
    await server.close();
  }
}

const TIGHTER = `tier: implementation
model: sonnet
writes: "by task"
deletes: never
limits: { maxComplexity: 5, maxFunctionLines: 60, maxExecutions: 150 }
tools: [Read, Write, Edit, Bash, Glob, Grep, submit_result, report_blocker]
`;

/** An event as earlier versions recorded it. */
const withoutHanded = (event: AnyEvent): AnyEvent =>
  event.type === "AGENT_SPAWNED" ? { ...event, payload: { ...event.payload, handed: undefined } } : event;

const childOf = (crew: Crew): Narrowed | undefined => crew.agents.get("implementer-1")?.narrowed;

describe("a crew that is continued", () => {
  it("leaves a child the budget that was handed to it, and no more", async () => {
    const { first, events } = await interrupted(
      {
        "P:work:1": [spawn({ limits: { tokens: 1 } }), write("docs/p.md"), submit],
        "A:work:1": [write("A.md"), submit],
        "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "no money" })],
      },
      ({ type }) => type === "TASK_ASSIGNED",
    );
    expect(first.exitCode).toBe(130);
    expect(of(events, "AGENT_SPAWNED").filter(({ payload }) => payload.agent.id === "implementer-1")).not.toEqual([]);
    expect(of(events, "BUDGET_REFUSED")).toMatchObject([{ task: "A", payload: { unit: "tokens" } }]);
    expect(of(events, "MODEL_RESPONSE").filter(({ actor }) => actor === "implementer-1")).toEqual([]);
  });

  it("knows to whom the executive gave a task that could not go on", async () => {
    const give = use("resolve_escalation", { action: "reassign", agent: "second", reason: "try another" });
    const { second, events } = await interrupted(
      {
        "P:work:1": [write("docs/p.md"), submit],
        "A:work:1": [use("report_blocker", { reason: "no way" })],
        "A:escalation:1": [
          use("resolve_escalation", { action: "reassign", agent: "validator", reason: "another tier" }),
          use("resolve_escalation", { action: "reassign", agent: "nobody", reason: "there is none" }),
          give,
        ],
        "A:work:2": [write("A.md"), submit],
      },
      ({ type }) => type === "ESCALATION_RESOLVED",
    );
    expect(second.exitCode).toBe(0);
    expect(of(events, "EFFECT_KEPT").find(({ task }) => task === "A")?.actor).toBe("second");
    const told = JSON.stringify(of(events, "TOOL_RESULT").map(({ payload }) => payload.content));
    expect(told).toContain("A is work for the implementation tier, not for validator");
    expect(told).toContain("'nobody' is none");
  });

  it("ends with an elevated agent's grant what it handed on in an earlier session", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(", grants: [elevated], maxDuration: 2h") });
    const { dir: cwd, env } = repo;
    const server = await scripted(repo, scriptOf({ "P:work:1": [spawn(), write("docs/p.md"), submit] }));
    const stop = new AbortController();
    await run(repo, "plan.yaml", ({ type }) => void (type === "TASK_ASSIGNED" && stop.abort()), stop.signal);
    await server.close();
    const spawner = of(eventsOf(repo), "AGENT_SPAWNED").find(
      ({ task, payload }) => task === "P" && payload.agent.id === "executive",
    );
    const known = { source: readPlan("plan.yaml", cwd), cycle: 1, inputs: {}, client: undefined };
    const assembly = { ...known, mode: "off", signal: stop.signal, env, confines: false } as const;
    const crew = await withProject({ cwd, env }, async (project) => assembleCrew(project, assembly));
    const until = { untilMs: spawner?.payload.capability.exp };
    expect(childOf(crew)).toMatchObject(until);
    /** The crew by a log of an earlier version, which says less of what was handed on. */
    const recalled = async (keeps: (which: EventFilter) => boolean): Promise<Crew> =>
      await withProject({ cwd, env }, async (project) => {
        const events: typeof project.store.events = (which) =>
          (keeps(which) ? project.store.events(which) : []).map(withoutHanded);
        return assembleCrew({ ...project, store: { ...project.store, events } }, assembly);
      });
    const earlier = await recalled(() => true);
    const forgetful = await recalled((which) => which.type !== "AGENT_SPAWNED");
    expect(childOf(forgetful)).toMatchObject({ untilMs: 0 });
    expect(childOf(earlier)).toMatchObject({ ...until, endsAtMs: 0, limits: { usd: 50 } });
    expect(childOf(crew)).not.toHaveProperty("limits.usd");
  });

  const extra = planOf().replace("agents:", "mayExtend: [extra/*.md]\nagents:");
  const amended = {
    "P:work:1": [spawn(), write("docs/p.md"), submit],
    "A:work:1": [write("notes/a.md"), use("report_blocker", { reason: "needs extra/x.md" })],
    "A:escalation:1": [resolve("amend", { patch: { write: ["extra/x.md"] } })],
    "A:work:2": [write("extra/x.md"), submit],
  };

  it.each([
    ["no files of its own", spawn()],
    ["fewer files than the task has", spawn({ files: ["notes/*.md"] })],
  ])("leaves a child that was given %s what its task was given since", async (_, made) => {
    const replies = { ...amended, "P:work:1": [made, write("docs/p.md"), submit] };
    const { second, events } = await interrupted(replies, ({ type }) => type === "ESCALATION_RESOLVED", extra);
    expect(second.exitCode).toBe(0);
    expect(of(events, "SECURITY_VIOLATION")).toEqual([]);
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md", "extra/x.md"]);
  });

  it("leaves a child the second task it was given", async () => {
    const { second, events } = await interrupted(
      {
        "P:work:1": [spawn(), use("assign_task", { task: "B", agent: "implementer-1" }), write("docs/p.md"), submit],
        "A:work:1": [write("notes/a.md"), submit],
      },
      ({ type, task }) => type === "TASK_ASSIGNED" && task === "B",
    );
    expect(second.exitCode).toBe(0);
    expect(keptBy(events, "implementer-1").toSorted()).toEqual(["B.md", "notes/a.md"]);
  });

  it("leaves a child its task where the tier's profile was tightened meanwhile, within what it says now", async () => {
    const { second, events } = await interrupted(
      { "P:work:1": [spawn(), write("docs/p.md"), submit], "A:work:1": [write("notes/a.md"), submit] },
      ({ type }) => {
        if (type !== "TASK_ASSIGNED") return false;
        repo?.write(".worknode/capabilities/implementation.yaml", TIGHTER);
        return true;
      },
    );
    expect(second.exitCode).toBe(0);
    const last = of(events, "AGENT_SPAWNED").findLast(({ payload }) => payload.agent.id === "implementer-1");
    expect(last?.payload.capability.limits.max_complexity).toBe(5);
  });

  it("asks the executive for another where a child was handed more than there is now", async () => {
    const { second, events } = await interrupted(
      {
        "P:work:1": [spawn({ task: "B", limits: { maxComplexity: 7 } }), write("docs/p.md"), submit],
        "A:work:1": [write("A.md"), submit],
        "B:escalation:1": [resolve("reassign", { agent: "second" })],
      },
      ({ type }) => {
        if (type !== "TASK_ASSIGNED") return false;
        repo?.write(".worknode/capabilities/implementation.yaml", TIGHTER);
        return true;
      },
    );
    expect(second.exitCode).toBe(0);
    const told = of(events, "ESCALATION").find(({ task }) => task === "B")?.payload.reason;
    expect(told).toContain("implementer-1 cannot do it");
    expect(keptBy(events, "second")).toEqual(["B.md"]);
  });

  it("asks a person where who the executive named can no longer do the task", async () => {
    const { second, events } = await interrupted(
      {
        "P:work:1": [spawn({ task: "B", limits: { maxComplexity: 7 } }), write("docs/p.md"), submit],
        "A:work:1": [blocker],
        "A:escalation:1": [resolve("reassign", { agent: "implementer-1" })],
        "B:escalation:1": [resolve("reassign", { agent: "second" })],
      },
      (event) => {
        if (event.type !== "CONVERSATION_ENDED" || event.payload.conversation !== "1:A:escalation:1") return false;
        repo?.write(".worknode/capabilities/implementation.yaml", TIGHTER);
        return true;
      },
    );
    expect(second.exitCode).toBe(6);
    const asked = of(events, "ESCALATION").filter(({ task, payload }) => task === "A" && payload.to === "human");
    expect(asked.map(({ payload }) => payload.reason)).toEqual([expect.stringContaining("implementer-1 cannot do it")]);
    expect(of(events, "SECURITY_VIOLATION")).toEqual([]);
  });
});

describe("a client that spawns an agent while another client does", () => {
  it("is told to ask again where the name it was given is the other's by then", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf() });
    const { dir: cwd, env } = repo;
    const server = await scripted(repo, scriptOf({ "P:work:1": [write("docs/p.md"), submit] }));
    const stop = new AbortController();
    await run(repo, "plan.yaml", ({ type }) => void (type === "TASK_STARTED" && stop.abort()), stop.signal);
    await server.close();
    const said = await withProject({ cwd, env }, async ({ repository, store }) => {
      const { signal } = new AbortController();
      const tools = ["spawn_agent"];
      const [one, other] = ["one", "other"].map((agent) =>
        openOutside({ repository, store, env, signal, agent, tools }),
      ) as [Outside, Outside];
      const place = { store, location: repository, agent: "one" } as unknown as OutsidePlace;
      const { spawn_agent: asIs } = outsideTools(place) as Record<"spawn_agent", OutsideHandler>;
      const asked = { role: "implementer", task: "A", reason: "help" };
      const overtaken: OutsideHandler = async (call) => {
        const answer = await asIs(call);
        await other.call("spawn_agent", asked, asIs);
        return answer;
      };
      return await one.call("spawn_agent", asked, overtaken);
    });
    expect(said).toMatchObject({
      isError: true,
      content: "implementer-1 was spawned meanwhile by another; ask again.",
    });
    const spawned = of(eventsOf(repo), "AGENT_SPAWNED").filter(({ payload }) => payload.parent !== null);
    expect(spawned.map(({ actor, payload }) => `${actor} ${payload.agent.id}`)).toEqual(["other implementer-1"]);
  });
});
