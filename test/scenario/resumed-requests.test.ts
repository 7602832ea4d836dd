import { afterEach, expect, it } from "vitest";
import { continueRun, type RunOptions, runPlan } from "../../src/crew/cycle/session.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { makeHookGround, PLAN as SESSION_PLAN } from "./hook-ground.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
phases:
  - id: write
    tasks:
      - { id: N-1, title: Write the notes, owner: implementer, files: { write: [notes/one.md, notes/two.md] } }
`;
const LOOKS = [use("Glob", { pattern: "**" }), use("Read", { file_path: "README.md" }), use("Bash", { command: "ls" })];

let repo: Repo | undefined;
afterEach(() => repo?.remove());

/** Whether a file was kept; a command that changed nothing is kept as well. */
const isEdit = (event: AnyEvent): boolean => event.type === "EFFECT_KEPT" && event.payload.changes.length > 0;

/** Replies the implementer was asked for from an event on, until its first file was kept. */
function requestsBeforeEdit(events: readonly AnyEvent[]): number {
  const edit = events.findIndex(isEdit);
  expect(edit).toBeGreaterThan(0);
  return of(events.slice(0, edit), "MODEL_RESPONSE").filter(({ actor }) => actor === "implementer").length;
}

it("asks a resumed agent for nothing it has found out: one request before its next edit, four when cold", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const replies = [...LOOKS, write("notes/one.md"), write("notes/two.md"), submit];
  const server = await scripted(repo, scriptOf({ "N-1:work:1": replies }));
  try {
    const stop = new AbortController();
    const onEvent = (event: AnyEvent): void => {
      if (isEdit(event)) stop.abort();
    };
    const base = { cwd: repo.dir, env: repo.env, planPath: "plan.yaml", yes: true, inputs: {}, includeWip: false };
    const options = (more: Pick<RunOptions, "signal" | "onEvent">): RunOptions => ({ ...base, ...more });
    expect((await runPlan(options({ signal: stop.signal, onEvent }))).exitCode).toBe(130);
    const before = eventsOf(repo);
    expect(requestsBeforeEdit(before)).toBe(4);
    const signal = new AbortController().signal;
    expect((await continueRun(options({ signal, onEvent: () => undefined }))).exitCode).toBe(0);
    expect(requestsBeforeEdit(eventsOf(repo).slice(before.length))).toBe(1);
  } finally {
    await server.close();
  }
});

/** What a session must know before it can edit. What it is not told it asks a tool for, one request each. */
const FACTS = [/Resuming N-1/, /Work in \S+ and/, /You may write: \S+/, /must succeed there: \S+/];

it("tells a session of Claude Code what it would look up: two requests before its first edit, six when cold", async () => {
  const ground = await makeHookGround({ "README.md": "# r\n", "plan.yaml": SESSION_PLAN }, "plan.yaml");
  try {
    await ground.send("UserPromptSubmit", { prompt: "continue" });
    await ground.send("SessionEnd", { reason: "other" });
    const said = await ground.send("SessionStart", { source: "startup", session_id: "s-2" });
    const told = said.hookSpecificOutput?.additionalContext ?? "";
    const requests = (context: string): number => FACTS.filter((fact) => !fact.test(context)).length + 2; // a Read, the Edit
    expect(requests("")).toBe(6);
    expect(requests(told)).toBe(2);
  } finally {
    await ground.close();
  }
});
