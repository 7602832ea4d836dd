import { afterEach, describe, expect, it } from "vitest";
import { assembleCrew } from "../../src/crew/cycle/assemble.js";
import { withProject } from "../../src/crew/cycle/project.js";
import { continueRun, type RunResult } from "../../src/crew/cycle/session.js";
import { readPlan } from "../../src/crew/state/plan-source.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { PLAN, spawn } from "./delegation-ground.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const AGENTS = `agents:
  executive: { tier: executive }
  implementer: { tier: implementation }
  second: { tier: implementation }
  validator: { tier: validation }
phases:`;

/** Runs the plan until an event, and continues it in a session of its own. */
async function interrupted(
  replies: Record<string, readonly object[]>,
  isTheMoment: (event: AnyEvent) => boolean,
): Promise<{ first: RunResult; second: RunResult; events: AnyEvent[] }> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN.replace("phases:", AGENTS) });
  const server = await scripted(repo, scriptOf(replies));
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

const B = { "B:work:1": [write("B.md"), submit] };

describe("a crew that is continued", () => {
  it("leaves a child the budget that was handed to it, and no more", async () => {
    const { first, events } = await interrupted(
      {
        "P:work:1": [spawn({ limits: { tokens: 1 } }), write("docs/p.md"), submit],
        "A:work:1": [write("A.md"), submit],
        "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "no money" })],
        ...B,
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
        ...B,
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
    const agents = AGENTS.replace("tier: executive", "tier: executive, grants: [elevated], maxDuration: 2h");
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN.replace("phases:", agents) });
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
    expect(crew.agents.get("implementer-1")?.narrowed?.untilMs).toBe(spawner?.payload.capability.exp);
    const forgetful = await withProject({ cwd, env }, async (project) => {
      const events: typeof project.store.events = (which) =>
        which?.type === "AGENT_SPAWNED" ? [] : project.store.events(which);
      return assembleCrew({ ...project, store: { ...project.store, events } }, assembly);
    });
    expect(forgetful.agents.get("implementer-1")?.narrowed?.untilMs).toBe(0);
    const earlier = await withProject({ cwd, env }, async (project) => {
      const events: typeof project.store.events = (which) =>
        project.store
          .events(which)
          .map((event) =>
            event.type === "AGENT_SPAWNED" ? { ...event, payload: { ...event.payload, handed: undefined } } : event,
          );
      return assembleCrew({ ...project, store: { ...project.store, events } }, assembly);
    });
    expect(crew.agents.get("implementer-1")?.narrowed).not.toHaveProperty("limits.usd");
    expect(earlier.agents.get("implementer-1")?.narrowed).toMatchObject({ endsAtMs: 0, limits: { usd: 50 } });
  });
});
