import { afterEach, describe, expect, it, vi } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { blocker, end, PLAN, planOf, resolve, spawn } from "./delegation-ground.js";
import { B, keptBy, runHeld, worknode } from "./delegation-program.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

/** Task B asks for help when it is released, and the executive ends `implementer-1` then. */
const ENDS = {
  "B:work:1": [{ ...blocker, hold: "b" }],
  "B:escalation:1": [end("implementer-1"), resolve("retry")],
  "B:work:2": [write("B.md"), submit],
};

/** Runs a plan in this process; `on` sees each event, and may release what is held. */
async function ran(
  plan: string,
  replies: Record<string, readonly object[]>,
  on: (event: AnyEvent, release: (name: string) => void) => void = () => undefined,
): Promise<{ reason: string; events: AnyEvent[] }> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan });
  const server = await scripted(repo, scriptOf({ ...B, ...replies }));
  const { reason: outcome } = await run(repo, "plan.yaml", (event) => on(event, (name) => server.release(name)));
  await server.close();
  return { reason: outcome, events: eventsOf(repo) };
}

const isEnd = ({ type, stream }: AnyEvent): boolean => type === "AGENT_TERMINATED" && stream === "cycle:1";

describe("a spawned agent that is ended", () => {
  it("while its result is judged has none: its owner hands in, and signs", async () => {
    const { events } = await ran(
      planOf(),
      {
        "P:work:1": [spawn(), write("docs/p.md"), submit],
        "A:work:1": [write("notes/a.md"), submit],
        "A:critic:1": [{ ...use("submit_verdict", { decision: "ACCEPT" }), hold: "critic" }],
        "A:work:2": [write("A.md"), submit],
        ...ENDS,
      },
      (event, release) => {
        if (event.type === "CONVERSATION_STARTED" && event.payload.kind === "critic" && event.task === "A")
          release("b");
        if (isEnd(event)) release("critic");
      },
    );
    expect(keptBy(events, "implementer")).toEqual(["A.md", "B.md"]);
    const message = repo?.git("log", "-1", "--format=%B", "worknode/hand/1", "--grep=^A: ") ?? "";
    expect(message).toContain("Files: A.md, notes/a.md");
    expect(message).toContain("Worknode-Agent: implementer\n");
  });

  it("once its result was accepted has signed it", async () => {
    const after = PLAN.replace("Another, needs: [P]", "Another, needs: [A]");
    const { events } = await ran(after, {
      "P:work:1": [spawn(), write("docs/p.md"), submit],
      "A:work:1": [write("notes/a.md"), submit],
      "B:work:1": [blocker],
      "B:escalation:1": [end("implementer-1"), resolve("retry")],
      "B:work:2": [write("B.md"), submit],
    });
    const given = of(events, "TASK_ASSIGNED").map(({ task, payload }) => `${task} ${payload.assignee}`);
    expect(given).toEqual(["A implementer-1"]);
  });

  it("has its task done by the owner though a person was asked about a call of it, and the question is over", async () => {
    const plan = planOf().replace("agents:", "approval: { humanReview: always }\nagents:");
    const { events } = await ran(
      plan,
      {
        "P:work:1": [spawn(), submit],
        "A:work:1": [write("notes/a.md"), submit],
        "A:work:2": [submit],
        ...ENDS,
        "B:work:2": [submit],
      },
      ({ type }, release) => void (type === "APPROVAL_REQUESTED" && release("b")),
    );
    const begun = of(events, "CONVERSATION_STARTED").map(({ payload }) => `${payload.conversation} ${payload.agent}`);
    expect(begun).toContain("1:A:work:2 implementer");
    const resolved = of(events, "APPROVAL_RESOLVED").map(({ payload }) => `${payload.by} ${payload.decision}`);
    expect(resolved).toEqual(["worknode rejected"]);
  });

  it("leaves the rework of what it did to an agent of the plan", async () => {
    const review = `  - id: review
    tasks:
      - {id: R, title: Look, owner: reviewer, decides: [A], files: {write: [reports/validation/R.md]}}
`;
    const reviewed = planOf().replace(
      "  validator: { tier: validation }",
      "  validator: { tier: validation }\n  reviewer: { tier: validation }\ntiers: { validation: validator }",
    );
    const { reason: outcome, events } = await ran(reviewed + review, {
      "P:work:1": [spawn(), write("docs/p.md"), submit],
      "A:work:1": [write("notes/a.md"), submit],
      "R:critic:1": [use("submit_verdict", { decision: "REJECT", feedback: "again" })],
      "R:work:1": [write("reports/validation/R.md"), submit],
      "A-rework-1:work:1": [write("notes/a.md", "half\n"), blocker],
      "A-rework-1:escalation:1": [end("implementer-1"), resolve("reassign", { agent: "second" })],
      "A-rework-1:work:2": [write("notes/a.md", "again\n"), submit],
    });
    expect(outcome).toBe("done and verified");
    const wrote = of(events, "EFFECT_KEPT").filter(({ task }) => task === "A-rework-1");
    expect(wrote.map(({ actor }) => actor)).toEqual(["implementer-1", "second"]);
  });

  it("is ended by who spawned it or those above alone", async () => {
    const nested = PLAN.replace("implementer, files: {write: [B.md]}", "executive, files: {write: [docs/b.md]}");
    const { events } = await ran(nested, {
      "P:work:1": [spawn(), use("spawn_agent", { role: "executive", task: "B", reason: "split" }), submit],
      "A:work:1": [write("notes/a.md"), submit],
      "B:work:1": [end("implementer-1"), write("docs/b.md"), submit],
    });
    const told = of(events, "TOOL_RESULT").filter(({ actor }) => actor === "executive-1");
    expect(told[0]?.payload.content).toContain("you can end those alone that you spawned");
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md"]);
  });

  it.skipIf(sandboxMissing)(`has nothing kept of a command that another process runs as it${reason}`, async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf() });
    const replies = {
      "P:work:1": [spawn(), write("docs/p.md"), submit],
      "A:work:1": [write("notes/a.md", "x\n", { hold: "here" }), submit],
      "A:work:2": [write("notes/z.md"), submit],
      ...ENDS,
    };
    const command = JSON.stringify({ command: "sleep 6; echo late > A.md" });
    const events = await runHeld(repo, replies, async (at, first, release) => {
      const tool = worknode(at, ["tool", "--plan", "plan.yaml", "--task", "A", "--yes", "Bash", command]);
      const runs = ({ type, execution }: AnyEvent): boolean =>
        type === "VERDICT" && execution?.includes("A:tool:") === true;
      await vi.waitUntil(() => eventsOf(at).some(runs), { timeout: 20_000 });
      release("b");
      await vi.waitUntil(() => eventsOf(at).some(isEnd), { timeout: 20_000 });
      await tool.ended;
      release("here");
      expect(await first.ended).toBe(0);
    });
    expect(keptBy(events, "implementer-1")).toEqual([]);
    expect(keptBy(events, "implementer").toSorted()).toEqual(["B.md", "notes/z.md"]);
  });
});
