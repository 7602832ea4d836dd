import { readdirSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { PLAN, spawn } from "./delegation-ground.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { eventsOf, of, runScripted, type ScriptedRun, scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const B = { "B:work:1": [write("B.md"), submit] };

/** Runs the plan; in its first task the executive makes `calls`. */
async function handOn(calls: readonly object[], replies: Record<string, readonly object[]>): Promise<ScriptedRun> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  return await runScripted(repo, { "P:work:1": [...calls, write("docs/p.md"), submit], ...B, ...replies });
}

const children = (events: readonly AnyEvent[]): Extract<AnyEvent, { type: "AGENT_SPAWNED" }>[] =>
  of(events, "AGENT_SPAWNED").filter(({ payload, stream }) => payload.parent !== null && stream === "cycle:1");
const kept = (events: readonly AnyEvent[], task: string): string[] =>
  of(events, "EFFECT_KEPT")
    .filter((event) => event.task === task)
    .flatMap(({ payload }) => payload.changes.map(({ path }) => path));

describe("a spawned agent", () => {
  it("holds a child token of its spawner's, and no more than was handed to it", async () => {
    const { exitCode, events } = await handOn([spawn({ files: ["notes/a.md"], limits: { maxComplexity: 3 } })], {
      "A:work:1": [write("A.md"), write("notes/a.md"), submit],
    });
    expect(exitCode).toBe(0);
    const [child] = children(events);
    expect(child?.payload).toMatchObject({ parent: "executive", capability: { agent: "implementer-1", depth: 1 } });
    const { capability } = child?.payload ?? {};
    expect(capability?.parent).toMatch(/^[0-9a-f]{64}$/);
    expect(capability?.ancestors).toHaveLength(1);
    expect(capability?.write).toEqual(["notes/a.md"]);
    expect(capability?.limits.max_complexity).toBe(3);
    expect(of(events, "TASK_ASSIGNED").map(({ payload }) => payload.assignee)).toContain("implementer-1");
    expect(kept(events, "A")).toEqual(["notes/a.md"]);
    expect(of(events, "SECURITY_VIOLATION")).toMatchObject([{ payload: { object: "A.md" } }]);
  });

  it.each([
    ["files outside the task's", { files: ["src/**"] }],
    ["a looser complexity", { limits: { maxComplexity: 99 } }],
    ["longer functions", { limits: { maxFunctionLines: 999 } }],
    ["more executions", { limits: { maxExecutions: 100_000 } }],
    ["more money than the plan has", { limits: { usd: 51 } }],
  ])("that would get %s is refused with ERROR_ATTENUATION and a violation, and nothing is clipped", async (_, more) => {
    const { exitCode, events } = await handOn([spawn(more)], { "A:work:1": [write("A.md"), submit] });
    expect(exitCode).toBe(0);
    expect(children(events)).toEqual([]);
    expect(of(events, "SECURITY_VIOLATION")).toMatchObject([
      { payload: { code: "ERROR_ATTENUATION", subject: "executive" } },
    ]);
  });

  it.each([
    ["an unknown limit", { limits: { maxFiles: 1 } }, "There is no limit maxFiles"],
    ["no executions", { limits: { maxExecutions: 0 } }, "0 is no value for maxExecutions"],
    ["less than no money", { limits: { usd: -1 } }, "-1 is no value for usd"],
    ["files no pattern can name", { files: ["../up"] }, "No file can be named"],
  ])("that would get %s is an error and no violation", async (_, more, message) => {
    const { events } = await handOn([spawn(more)], { "A:work:1": [write("A.md"), submit] });
    expect(children(events)).toEqual([]);
    expect(of(events, "SECURITY_VIOLATION")).toEqual([]);
    expect(JSON.stringify(of(events, "TOOL_RESULT"))).toContain(message);
  });

  it("stops when the budget handed to it is used up, and the rest of the plan goes on", async () => {
    const { events, exitCode, reason } = await handOn([spawn({ limits: { tokens: 1 } })], {
      "A:work:1": [write("A.md"), submit],
      "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "no money" })],
    });
    expect(exitCode, reason).not.toBe(5);
    expect(of(events, "BUDGET_REFUSED")).toMatchObject([{ task: "A", payload: { unit: "tokens" } }]);
    expect(of(events, "MODEL_RESPONSE").filter(({ task, actor }) => task === "A" && actor === "implementer-1")).toEqual(
      [],
    );
    expect(kept(events, "A")).toEqual([]);
    expect(kept(events, "B")).toEqual(["B.md"]);
  });

  it("spends the plan's money too: what is left of its own helps it no more when the plan's is used up", async () => {
    const dear = { usage: { input_tokens: 1, output_tokens: 20_000 } }; // $0.40 of the executive's model, $0.20 of the child's
    const plan = PLAN.replace("usd: 50", "usd: 1").replace("Another, needs: [P]", "Another, needs: [A]");
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan });
    const { events, exitCode } = await runScripted(repo, {
      "P:work:1": [spawn({ limits: { usd: 0.9 } }), write("docs/p.md", "p\n", dear), submit],
      "A:work:1": [write("notes/a.md", "a\n", dear), write("notes/b.md", "b\n", dear), write("A.md"), submit],
      ...B,
    });
    const refused = of(events, "BUDGET_REFUSED");
    expect(refused).toMatchObject([{ actor: "implementer-1", task: "A", payload: { unit: "usd" } }]);
    expect(kept(events, "A")).toEqual(["notes/a.md", "notes/b.md"]);
    expect(exitCode).toBe(5);
  });

  it("that is ended gives its task back to the owner, and what it held is revoked", async () => {
    const { events, exitCode } = await handOn(
      [spawn({ files: ["notes/a.md"] }), use("terminate_agent", { agent_id: "implementer-1", reason: "not needed" })],
      { "A:work:1": [write("A.md"), submit] },
    );
    expect(exitCode).toBe(0);
    const [child] = children(events);
    expect(of(events, "CAPABILITY_REVOKED").map(({ payload }) => payload.id)).toEqual([child?.payload.capability.id]);
    expect(of(events, "TASK_ASSIGNED").map(({ payload }) => payload.assignee)).toEqual([
      "implementer-1",
      "implementer",
    ]);
    expect(kept(events, "A")).toEqual(["A.md"]);
  });

  it("that is ended while it works is asked no more, and the owner goes on from what it kept", async () => {
    const end = use("terminate_agent", { agent_id: "implementer-1", reason: "too slow" });
    const replies = {
      "P:work:1": [spawn(), write("docs/p.md"), submit],
      "A:work:1": [write("notes/a.md"), { ...write("A.md", "child"), hold: "ended" }, submit],
      "A:work:2": [write("A.md", "owner"), submit],
      "B:work:1": [{ ...use("report_blocker", { reason: "implementer-1 is in the way" }), hold: "kept" }],
      "B:work:2": [write("B.md"), submit],
      "B:escalation:1": [end, use("resolve_escalation", { action: "retry", reason: "ended it" })],
    };
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
    const server = await scripted(repo, scriptOf(replies));
    const { exitCode } = await run(repo, "plan.yaml", ({ type, task }) => {
      if (type === "EFFECT_KEPT" && task === "A") server.release("kept");
      if (type === "CAPABILITY_REVOKED") server.release("ended");
    });
    await server.close();
    const events = eventsOf(repo);
    expect(exitCode).toBe(0);
    const revoked = of(events, "CAPABILITY_REVOKED").map(({ payload }) => payload.id);
    expect(revoked).toContain(children(events)[0]?.payload.capability.id);
    const writers = of(events, "EFFECT_KEPT").filter(({ task }) => task === "A");
    expect(writers.map(({ actor, payload }) => [actor, ...payload.changes.map(({ path }) => path)])).toEqual([
      ["implementer-1", "notes/a.md"],
      ["implementer", "A.md"],
    ]);
    expect(repo.git("show", "worknode/hand/1:A.md")).toBe("owner");
  });

  it.skipIf(sandboxMissing)(
    `that is ended has its running command ended, and nothing of it is kept${reason}`,
    async () => {
      const end = use("terminate_agent", { agent_id: "implementer-1", reason: "hangs" });
      const replies = {
        "P:work:1": [spawn(), write("docs/p.md"), submit],
        "A:work:1": [use("Bash", { command: "echo child > A.md; sleep 90", timeout: 100_000 }), submit],
        "A:work:2": [write("notes/a.md"), submit],
        "B:work:1": [{ ...use("report_blocker", { reason: "implementer-1 hangs" }), hold: "running" }],
        "B:work:2": [write("B.md"), submit],
        "B:escalation:1": [end, use("resolve_escalation", { action: "retry", reason: "ended it" })],
      };
      repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
      const server = await scripted(repo, scriptOf(replies));
      const states = repo.env["XDG_STATE_HOME"] ?? "";
      const written = (): void => {
        const names = readdirSync(states, { recursive: true, encoding: "utf8" });
        if (!names.some((name) => name.endsWith("upper/A.md"))) throw new Error("the command has not written yet");
      };
      let runs: Promise<void> | undefined;
      const { exitCode } = await run(repo, "plan.yaml", ({ type, actor }) => {
        if (type !== "VERDICT" || actor !== "implementer-1") return;
        runs ??= vi.waitFor(written, { timeout: 30_000 }).finally(() => server.release("running"));
      });
      await runs;
      await server.close();
      const events = eventsOf(repo);
      expect(exitCode).toBe(0);
      expect(of(events, "TOOL_RESULT").filter(({ actor }) => actor === "implementer-1")).toHaveLength(1);
      expect(kept(events, "A")).toEqual(["notes/a.md"]);
    },
  );
});
