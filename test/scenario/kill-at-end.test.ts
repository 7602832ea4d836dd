import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, runScripted, scriptOf, submit, use, write } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** More than conversations end in the plan below. */
const MAX_DEATHS = 30;

/**
 * A task that asks for help, one whose gate turns it down once, one that its critic rejects until it is escalated, and one
 * that does not give what it declares, which stops it.
 */
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: ends
title: Every end a conversation has
phases:
  - id: build
    tasks:
      - { id: A, title: Ask for help, owner: implementer, files: { write: [a.md] } }
      - id: B
        title: Be turned down once
        owner: implementer
        needs: [A]
        files: { write: [b.md] }
        outputs: { name: { type: string } }
        steps:
          - id: write
            agent: implementer
            request: Write b.md
            outputs: { name: "\${{ result.name }}" }
          - { id: look, check: { verify: ["true"] } }
          - { id: ask, gate: { message: May it go?, require: [auditor] }, onReject: { then: retry, max: 1 } }
      - { id: C, title: Be rejected, owner: implementer, needs: [B], files: { write: [c.md] } }
      - id: D
        title: Give nothing
        owner: implementer
        needs: [C]
        files: { write: [d.md] }
        outputs: { name: { type: string } }
        steps: [{ id: write, agent: implementer, request: Write d.md, outputs: { name: "\${{ result.name }}" } }]
`;

const reject = use("submit_verdict", { decision: "REJECT", feedback: "not yet" });
const resolve = use("resolve_escalation", { action: "retry", reason: "try again" });
const named = use("submit_result", { summary: "wrote b", outputs: { name: "b" } });
const REPLIES = {
  "A:work:1": [use("report_blocker", { reason: "what is it about?", needs: "a word" })],
  "A:escalation:1": [resolve],
  "A:work:2": [write("a.md"), submit],
  "B:work:1": [write("b.md"), named],
  "B:audit:1": [reject],
  "B:work:2": [write("b.md", "better\n"), named],
  "C:work:1": [write("c.md"), submit, submit, submit],
  "C:critic:1": [reject],
  "C:critic:2": [reject],
  "C:critic:3": [reject],
  "C:escalation:1": [resolve],
  "C:work:2": [write("c.md", "better\n"), submit],
  "D:work:1": [write("d.md"), use("submit_result", { summary: "wrote d", outputs: { name: "" } })],
};

/** Loaded before the program: ends it by SIGKILL right after the first transaction that ends a conversation. */
const PRELOAD = `
import { createRequire } from "node:module";
const { prototype } = createRequire(process.argv[1])("better-sqlite3");
const { prepare, transaction } = prototype;
let ends = false;
prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  const run = statement.run.bind(statement);
  statement.run = (...args) => {
    ends ||= args.flat().includes("CONVERSATION_ENDED");
    return run(...args);
  };
  return statement;
};
prototype.transaction = function (work) {
  const made = transaction.call(this, work);
  const watched = (run) => (...args) => {
    const result = run(...args);
    if (ends && !this.inTransaction) process.kill(process.pid, "SIGKILL");
    return result;
  };
  return Object.assign(watched(made), { immediate: watched(made.immediate), deferred: watched(made.deferred) });
};
`;

const repos: Repo[] = [];
afterEach(() => {
  for (const repo of repos.splice(0)) repo.remove();
});

function makePlanRepo(): Repo {
  const repo = makeRepo({
    "README.md": "# r\n",
    "plan.yaml": PLAN,
    "preload.mjs": PRELOAD,
    ".gitignore": "preload.mjs\n",
  });
  repos.push(repo);
  return repo;
}

function worknode(repo: Repo, args: readonly string[]): Promise<number | NodeJS.Signals | null> {
  const env = { ...repo.env, NODE_OPTIONS: `--import ${join(repo.dir, "preload.mjs")}` };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: repo.dir, env, stdio: "ignore" });
  return new Promise((settle) => child.on("close", (code, signal) => settle(signal ?? code)));
}

/** What came of a run, without what differs from one to the next. */
function storyOf(events: readonly AnyEvent[]): object {
  return {
    conversations: of(events, "CONVERSATION_ENDED").map(({ payload }) => `${payload.conversation} ${payload.outcome}`),
    steps: of(events, "STEP_ENDED").map(({ task, payload }) => [task, payload]),
    rejections: of(events, "TASK_REJECTED").map(({ task, payload }) => [task, payload]),
    escalations: of(events, "ESCALATION").map(({ payload }) => payload),
    resolutions: of(events, "ESCALATION_RESOLVED").map(({ payload }) => payload),
    outputs: of(events, "TASK_OUTPUTS").map(({ task, payload }) => [task, payload]),
    done: of(events, "EVENT_TASK_COMPLETED").map(({ task, payload }) => [task, { ...payload, commit: "" }]),
    stopped: of(events, "TASK_STATUS").flatMap(({ task, payload }) => (payload.status === "REJECTED" ? [task] : [])),
    cycle: of(events, "CYCLE_ENDED").map(({ payload }) => [payload.status, payload.exit_code]),
  };
}

it("holds no conversation again whose end is on record: killed at the end of each, the work is as if nothing had happened", {
  timeout: 600_000,
}, async () => {
  const whole = await runScripted(makePlanRepo(), REPLIES);
  expect(whole.exitCode, whole.reason).toBe(4);
  const story = storyOf(whole.events);
  expect(story).toMatchObject({ stopped: ["D"] });
  expect(story).toMatchObject({
    done: [
      ["A", {}],
      ["B", { summary: "wrote b", outputs: { name: "b" } }],
      ["C", {}],
    ],
  });
  const looks = of(whole.events, "STEP_ENDED").filter(({ payload }) => payload.step === "look");
  expect(looks).toHaveLength(2); // what the gate turned down is checked again once it is done anew

  const repo = makePlanRepo();
  const server = await scripted(repo, scriptOf(REPLIES));
  const ends: (number | NodeJS.Signals | null)[] = [];
  do ends.push(await worknode(repo, ends.length === 0 ? ["run", "plan.yaml", "--yes"] : ["continue"]));
  while (ends.at(-1) === "SIGKILL" && ends.length < MAX_DEATHS);
  await server.close();
  expect(ends.at(-1)).toBe(4);
  expect(ends).toHaveLength(of(whole.events, "CONVERSATION_ENDED").length + 1);
  expect(storyOf(eventsOf(repo))).toEqual(story);
  expect(server.repeatedWholeReplies()).toEqual([]);
});
