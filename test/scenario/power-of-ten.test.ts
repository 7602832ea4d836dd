import { existsSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import type { AnyEvent, EventType } from "../../src/schema/event.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

/** A plan whose one task may write these files. */
const planOf = (files: string, limits = ""): string => `apiVersion: worknode/v1
kind: Plan
id: ten
title: Keep the rules
budget: { usd: 5 }
${limits}
waivers: [{ rule: tests, tasks: [A], reason: the rules are looked at }, { rule: coverage, tasks: [A], reason: the rules are looked at }]
phases:
  - id: build
    tasks:
      - id: A
        title: Write it
        owner: implementer
        files: { write: [${files}] }
        verify: { test: [node, --version] }
`;

interface Call {
  name: string;
  input: object;
}
const write = (path: string, content: string): Call => ({ name: "Write", input: { file_path: path, content } });
const submit: Call = { name: "submit_result", input: { summary: "done" } };

function scriptOf(calls: readonly Call[]): string {
  return JSON.stringify({
    apiVersion: "worknode/v1",
    kind: "Script",
    replies: {
      "-:plan-review:1": [{ tools: [{ name: "submit_plan_review", input: { decision: "ACCEPT", risks: [] } }] }],
      "A:work:1": calls.map((call) => ({ tools: [call] })),
      "A:critic:1": [{ tools: [{ name: "submit_verdict", input: { decision: "ACCEPT" } }] }],
    },
  });
}

async function work(
  files: Record<string, string>,
  calls: readonly Call[],
): Promise<{ exitCode: number; events: AnyEvent[] }> {
  repo = makeRepo(files);
  const server = await scripted(repo, scriptOf(calls));
  const { exitCode } = await run(repo);
  await server.close();
  const store = repo.store();
  const events = store.events({});
  store.close();
  return { exitCode, events };
}

const of = <T extends EventType>(events: readonly AnyEvent[], type: T): Extract<AnyEvent, { type: T }>[] =>
  events.filter((event): event is Extract<AnyEvent, { type: T }> => event.type === type);
const feedback = (events: readonly AnyEvent[]): string[] =>
  of(events, "TASK_REJECTED").map(({ payload }) => payload.feedback);

it("refuses a ring that a change in C closes through a file it did not touch, and takes a loop instead", async () => {
  const files = { "plan.yaml": planOf("src/a.c"), "src/b.c": "/* Goes on. */\nint b(int n) { return a(n); }\n" };
  const { exitCode, events } = await work(files, [
    write("src/a.c", "/* Begins. */\nint a(int n) { return n > 0 ? b(n - 1) : 0; }\n"),
    submit,
    write("src/a.c", "/* Counts. */\nint a(int n) { int i; for (i = 0; i < n; i++) work(i); return i; }\n"),
    submit,
  ]);
  expect(feedback(events)).toHaveLength(1);
  expect(feedback(events)[0]).toContain(
    "ERROR_POWER_OF_TEN: p10-1-recursion fail: a: calls itself through b (src/a.c:2 a)",
  );
  expect(exitCode).toBe(0);
});

const LOOPS = "/** Waits. */\nexport function wait(done) {\n  while (true) if (done) return;\n}\n";

it("records a warning in other languages, and lets the work pass", async () => {
  const { exitCode, events } = await work({ "plan.yaml": planOf("src/a.js") }, [write("src/a.js", LOOPS), submit]);
  expect(feedback(events)).toEqual([]);
  expect(JSON.stringify(of(events, "VERIFIED")[0]?.payload.findings)).toContain(
    "warning: ERROR_POWER_OF_TEN: p10-2-loop-bound fail: wait",
  );
  expect(exitCode).toBe(0);
});

it("refuses it where the plan says enforce", async () => {
  const plan = planOf("src/a.js", "limits: { validation: { powerOfTen: enforce } }");
  const bounded = "/** Waits. */\nexport function wait(done) {\n  return done;\n}\n";
  const { exitCode, events } = await work({ "plan.yaml": plan }, [
    write("src/a.js", LOOPS),
    submit,
    write("src/a.js", bounded),
    submit,
  ]);
  expect(feedback(events)[0]).toContain("ERROR_POWER_OF_TEN: p10-2-loop-bound fail: wait");
  expect(feedback(events)).toHaveLength(1);
  expect(exitCode).toBe(0);
});

const deep = it.skipIf(!existsSync("/usr/bin/clang-tidy") || !existsSync("/usr/bin/cppcheck"));

deep("runs clang-tidy and cppcheck in the sandbox where the plan says enforce, and cites what they wrote", async () => {
  const plan = planOf("src/a.c", "limits: { validation: { powerOfTen: enforce } }");
  const was = "/* Adds. */\nint add(int a)\n{\n  int old;\n  return a + 1;\n}\n";
  const { exitCode, events } = await work({ "plan.yaml": plan, "src/a.c": was }, [
    write("src/a.c", was.replace("  return", "  int fresh;\n  return")),
    submit,
    write("src/a.c", was.replace("a + 1", "a + 2")),
    submit,
  ]);
  const [first = "", ...again] = feedback(events);
  expect(again).toEqual([]);
  expect(feedback(events)).toHaveLength(1);
  expect(first).toContain("ERROR_POWER_OF_TEN: p10-10-warnings fail: add: clang-tidy: unused variable 'fresh'");
  expect(first).not.toContain("'old'");
  const cited = /unused variable 'fresh'.*?\[output: ([^\]]+)\]/.exec(first)?.[1];
  const ran = of(events, "COMMANDS_RAN").find(({ id }) => id === cited);
  expect(ran?.payload.commands.map(({ role }) => role)).toEqual(["test", "deep", "deep"]);
  expect(ran?.payload.commands[1]?.stdout).toContain("unused variable 'fresh'");
  expect(exitCode).toBe(0);
});
