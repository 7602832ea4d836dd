import { afterEach, expect, it } from "vitest";
import { createDecision } from "../../src/memory/decisions.js";
import { createIssue } from "../../src/memory/issues.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { makeRepo, type Repo } from "./harness.js";
import { of, runScripted, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: memory
title: Memory
agents:
  executive: { tier: executive }
  implementer: { tier: implementation, memoryBudget: 20000 }
  validator: { tier: validation }
phases:
  - id: build
    tasks:
      - {id: A, title: Note the transport, owner: implementer, files: {write: [A.md, B.md]}}
`;

const reject = (feedback: string): object => use("submit_verdict", { decision: "REJECT", feedback });
const accept = use("submit_verdict", { decision: "ACCEPT" });
const prompts = (events: readonly AnyEvent[]): string[] =>
  of(events, "CONVERSATION_STARTED")
    .filter(({ payload }) => payload.kind === "work")
    .map(({ payload }) => payload.prompt);

const known = {
  type: "LINK",
  error: "/home/ann/q.c:12: undefined reference to queue_push",
  solution: { fix: "link with -lqueue", root_cause: "the library is not named" },
  resolved: true,
};

it("offers the known fix when the same error comes back from another path and line", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const { exitCode, events } = await runScripted(
    repo,
    {
      "A:work:1": [write("A.md"), submit, write("A.md", "y\n"), submit],
      "A:critic:1": [reject("It says:\n/tmp/build/q.c:77: undefined reference to queue_push\nand stops.")],
      "A:critic:2": [accept],
    },
    (store) => {
      createIssue(store, known);
      createIssue(store, { ...known, error: "cannot open the display", solution: { fix: "no", root_cause: "no" } });
    },
  );
  expect(exitCode).toBe(0);
  const told = of(events, "TOOL_RESULT").find(({ payload }) => payload.content.startsWith("REJECTED"))?.payload.content;
  expect(told).toContain("Known fix:");
  expect(told).toContain("link with -lqueue. Cause: the library is not named");
  expect(told).not.toContain("display");
});

it("tells a conversation of the decisions that bear on its task, and nothing where there is nothing to tell", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const decision = {
    id: "D-1",
    question: "Which transport?",
    decision: "QUIC",
    rationale: "one round trip",
    alternatives_rejected: [],
    made_by: "ann",
    timestamp: 0,
    confidence: 1,
  };
  const first = await runScripted(repo, { "A:work:1": [write("A.md"), submit] }, (store) =>
    createDecision(store, decision),
  );
  expect(prompts(first.events)[0]).toContain("Which transport?: QUIC. one round trip [D-1]");
  repo.remove();
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const second = await runScripted(repo, { "A:work:1": [write("A.md"), submit] });
  expect(prompts(second.events)[0]).not.toContain("What the crew remembers");
});

it("starts a handed-over conversation from what the last one did", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const full = { text: "Half of it is written.", usage: { input_tokens: 19000, output_tokens: 10 } };
  const { exitCode, events } = await runScripted(repo, {
    "A:work:1": [write("A.md", "half\n", full)],
    "A:work:2": [write("B.md"), submit],
  });
  expect(exitCode).toBe(0);
  const [first, second] = prompts(events);
  expect(first).not.toContain("worked on before");
  expect(second).toContain("worked on before, by implementer; its last conversation ended: handover");
  expect(second).toContain("Files of this task kept so far: A.md (add).");
  expect(second).toContain("It said last: Half of it is written");
});

it("starts a conversation after a remedy from the rejections and the fixes known for them", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const bad = reject("lib/x/q.c:3: undefined reference to queue_push");
  const { events } = await runScripted(
    repo,
    {
      "A:work:1": [write("A.md"), submit, submit, submit],
      "A:critic:1": [bad],
      "A:critic:2": [bad],
      "A:critic:3": [bad],
      "A:critic:4": [accept],
      "A:escalation:1": [use("resolve_escalation", { action: "retry", reason: "mind queue_push" })],
      "A:work:2": [write("A.md", "y\n"), submit],
    },
    (store) => createIssue(store, known),
  );
  const second = prompts(events)[1];
  expect(second).toContain("Guidance from executive: mind queue_push");
  expect(second).toContain("link with -lqueue");
  expect(second).toContain("Files of this task kept so far: A.md (add).");
});

it("makes an issue of a command that fails, and closes it with what changed when it succeeds", async ({ skip }) => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const look = use("Bash", { command: "cat A.md" });
  const { exitCode, events } = await runScripted(repo, { "A:work:1": [look, write("A.md"), look, submit] });
  const results = of(events, "TOOL_RESULT").map(({ payload }) => payload.content);
  skip(
    results.some((content) => content.includes("does not hold the tool Bash")),
    "no sandbox here: no commands",
  );
  expect(exitCode).toBe(0);
  const [issue] = of(events, "ISSUE_RECORDED");
  expect(issue?.payload).toMatchObject({ type: "COMMAND_FAILED", command: "cat A.md", resolved: false });
  expect(issue?.payload.error).toContain("No such file");
  const [closed] = of(events, "ISSUE_RESOLVED");
  expect(closed?.payload).toMatchObject({ id: issue?.payload.id, by: "implementer" });
  expect(closed?.payload.solution.fix).toBe("`cat A.md` succeeded after A.md changed");
  expect(closed?.task).toBe("A");
});

it("tells an agent the known fix right after the command that failed", async ({ skip }) => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const fail = use("Bash", { command: "echo 'x/q.c:3: undefined reference to queue_push' >&2; exit 1" });
  const { events } = await runScripted(repo, { "A:work:1": [fail, write("A.md"), submit] }, (store) =>
    createIssue(store, known),
  );
  const results = of(events, "TOOL_RESULT").map(({ payload }) => payload.content);
  skip(
    results.some((content) => content.includes("does not hold the tool Bash")),
    "no sandbox here: no commands",
  );
  expect(results.some((content) => content.includes("Known fix:") && content.includes("link with -lqueue"))).toBe(true);
  expect(of(events, "ISSUE_RECORDED").at(-1)?.payload).toMatchObject({ offered: true, type: "LINK" });
});
