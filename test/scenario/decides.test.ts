import { afterEach, describe, expect, it } from "vitest";
import { continueRun } from "../../src/crew/cycle/session.js";
import { callTool } from "../../src/crew/service/tool-call.js";
import { loadPlan } from "../../src/plan/load-plan.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { eventsOf, of, runScripted, scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const plan = (reviewOwner = "reviewer", more = ""): string => `apiVersion: worknode/v1
kind: Plan
id: second
title: Second verdicts
agents:
  writer: { tier: implementation }
  reviewer: { tier: validation }
  critic: { tier: validation }
tiers: { validation: critic }
${more}phases:
  - id: build
    tasks:
      - { id: A, title: Note a, owner: writer, files: { write: [A.md] } }
      - { id: B, title: Note b, owner: writer, files: { write: [B.md] } }
  - id: review
    tasks:
      - { id: R, title: Look at it all, owner: ${reviewOwner}, decides: [A, B], files: { write: [reports/validation/R.md] } }
`;
const ground = (): Repo => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan() });
  return repo;
};
const accept = use("submit_verdict", { decision: "ACCEPT" });
const reject = (feedback: string): object => use("submit_verdict", { decision: "REJECT", feedback });
const BUILD = { "A:work:1": [write("A.md", "first\n"), submit], "B:work:1": [write("B.md"), submit] };
const REPORT = { "R:work:1": [write("reports/validation/R.md", "all good\n"), submit] };
const statuses = (repo: Repo): Record<string, string> => {
  const store = repo.store();
  try {
    return Object.fromEntries(store.queries.tasks(1).map(({ id, status }) => [id, status]));
  } finally {
    store.close();
  }
};

describe("decides", () => {
  it("asks the review task's owner for a verdict on each task that is done, then the review goes on", async () => {
    const { exitCode, events } = await runScripted(ground(), { ...BUILD, ...REPORT });
    expect(exitCode).toBe(0);
    const asked = of(events, "CONVERSATION_STARTED").filter(
      ({ task, payload }) => task === "R" && payload.kind === "critic",
    );
    expect(
      asked.map(({ payload }) => [payload.agent, /second verdict on task (\w+)/.exec(payload.prompt)?.[1]]),
    ).toEqual([
      ["reviewer", "A"],
      ["reviewer", "B"],
      ["critic", undefined], // the report has a critic of its own
    ]);
    expect(of(events, "REWORK_OPENED")).toEqual([]);
  });

  it("opens a rework task where it rejects, and asks again once that is merged", async () => {
    const ran = ground();
    const { exitCode, events } = await runScripted(ran, {
      ...BUILD,
      ...REPORT,
      "R:critic:1": [reject("A.md must say second")],
      "A-rework-1:work:1": [write("A.md", "second\n"), submit],
      "R:critic:3": [use("Read", { file_path: "A.md" }), accept],
    });
    expect(exitCode).toBe(0);
    expect(statuses(ran)).toEqual({ A: "DONE", B: "DONE", R: "DONE", "A-rework-1": "DONE" });
    expect(ran.git("show", "worknode/second/1:A.md")).toBe("second\n");
    const [rework] = of(events, "REWORK_OPENED");
    expect(rework?.payload).toMatchObject({ of: "A", number: 1, by: "reviewer", owner: "writer", files: ["A.md"] });
    const prompt = of(events, "CONVERSATION_STARTED").find(({ task }) => task === "A-rework-1")?.payload.prompt;
    expect(prompt).toContain("A.md must say second");
    const seen = of(events, "TOOL_RESULT").find(({ payload }) => /\tsecond/.test(payload.content));
    expect(seen?.task).toBe("R"); // the second look is at what the rework made
    expect(of(events, "TASK_STARTED").findIndex(({ task }) => task === "R")).toBe(3); // after A, B and the rework
  });

  it("goes to the executive after two reworks, and to a person when that blocks it", async () => {
    const ran = ground();
    const { exitCode, events } = await runScripted(ran, {
      ...BUILD,
      ...REPORT,
      "R:critic:1": [reject("no")],
      "R:critic:3": [reject("still no")],
      "R:critic:4": [reject("never")],
      "A-rework-1:work:1": [write("A.md", "second\n"), submit],
      "A-rework-2:work:1": [write("A.md", "third\n"), submit],
      "R:escalation:1": [use("resolve_escalation", { action: "block", reason: "ask somebody" })],
    });
    expect(exitCode).toBe(6);
    expect(of(events, "REWORK_OPENED").map(({ payload }) => [payload.id, payload.number])).toEqual([
      ["A-rework-1", 1],
      ["A-rework-2", 2],
    ]);
    expect(of(events, "ESCALATION")[0]?.payload.reason).toContain("A was rejected after 2 reworks: never");
    expect(statuses(ran)["R"]).toBe("BLOCKED");
    expect(of(events, "TASK_STARTED").some(({ task }) => task === "R")).toBe(false);
  });

  const needsMore = {
    ...BUILD,
    ...REPORT,
    "R:critic:1": [reject("A.md must lead to more.md")],
    "R:critic:3": [reject("more.md must say more")],
    "A-rework-1:work:1": [use("report_blocker", { reason: "more.md is not listed" })],
    "A-rework-1:escalation:1": [
      use("resolve_escalation", { action: "amend", reason: "a page more", patch: { write: ["more.md"] } }),
    ],
    "A-rework-1:work:2": [write("A.md", "to more.md\n"), write("more.md", "less\n"), submit],
    "A-rework-2:work:1": [write("more.md", "more\n"), submit],
  };

  it("amends a rework as any task: it and later reworks of the same task get the file, and the plan's task in its text", async () => {
    const ran = ground();
    ran.write("plan.yaml", plan("reviewer", "mayExtend: [more.md]\n"));
    const { exitCode, events } = await runScripted(ran, needsMore);
    expect(exitCode).toBe(0);
    expect(ran.git("show", "worknode/second/1:A.md", "worknode/second/1:more.md")).toBe("to more.md\nmore\n");
    const [amended] = of(events, "PLAN_AMENDED");
    expect(amended).toMatchObject({ task: "A-rework-1", payload: { files: ["more.md"], write: ["A.md", "more.md"] } });
    const text = loadPlan(amended?.payload.plan_source ?? "", "plan.yaml").plan;
    expect(text?.phases[0]?.tasks[0]?.files.write).toEqual(["A.md", "more.md"]);
    expect(of(events, "REWORK_OPENED").map(({ payload }) => payload.files)).toEqual([["A.md"], ["A.md", "more.md"]]);
  });

  it("lets one try a call as a rework's agent, and names the reworks where a task is unknown", async () => {
    const ran = ground();
    const first = await runScripted(ran, { ...BUILD, "R:critic:1": [reject("no")], "A-rework-1:work:1": [] });
    expect(first.exitCode).not.toBe(0);
    const call = { cwd: ran.dir, env: ran.env, signal: new AbortController().signal, planPath: "plan.yaml", yes: true };
    const tried = { ...call, tool: "Write", input: { file_path: "A.md", content: "x" }, dryRun: true };
    expect(await callTool({ ...tried, task: "A-rework-1" })).toMatchObject({ exitCode: 0 });
    await expect(callTool({ ...tried, task: "A-rework-2" })).rejects.toThrow(
      "the plan has no task 'A-rework-2'. It has: A, B, R, A-rework-1.",
    );
  });

  it("goes on after an interruption without asking for a verdict again", async () => {
    const ran = ground();
    const replies = {
      ...BUILD,
      ...REPORT,
      "R:critic:1": [reject("A.md must say second")],
      "A-rework-1:work:1": [write("A.md", "second\n"), submit],
    };
    const server = await scripted(ran, scriptOf(replies));
    const stop = new AbortController();
    const options = { cwd: ran.dir, env: ran.env };
    const first = await run(
      ran,
      "plan.yaml",
      ({ type, task }) => {
        if (type === "TASK_STARTED" && task === "A-rework-1") stop.abort();
      },
      stop.signal,
    );
    expect(first.exitCode).toBe(130);
    const again = await continueRun({ ...options, signal: new AbortController().signal, onEvent: () => {} });
    expect(again.exitCode).toBe(0);
    expect(statuses(ran)).toEqual({ A: "DONE", B: "DONE", R: "DONE", "A-rework-1": "DONE" });
    expect(server.repeatedWholeReplies()).toEqual([]);
    expect(of(eventsOf(ran), "REWORK_OPENED")).toHaveLength(1);
    await server.close();
    const store = ran.store();
    expect(store.verify().ok).toBe(true);
    expect(store.rebuild()).toMatchObject({ equal: true });
    store.close();
  });

  it("of one's own work is an error of the plan, unless it lets authors judge themselves", () => {
    const own = plan("critic").replace(
      "owner: writer, files: { write: [B.md] }",
      "owner: critic, files: { write: [reports/validation/B.md] }",
    );
    const codes = (text: string): string[] => loadPlan(text, "plan.yaml").faults.map(({ code }) => code);
    expect(codes(own)).toEqual(["unsatisfiable-review"]);
    expect(codes(own.replace("phases:", "approval: { reviewers: { preventSelfReview: false } }\nphases:"))).toEqual([]);
  });
});
