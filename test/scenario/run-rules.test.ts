import { afterEach, describe, expect, it } from "vitest";
import type { AnyEvent, EventType } from "../../src/schema/event.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const use = (name: string, input: object): object => ({ tools: [{ name, input }] });
const write = (path: string, content = "x\n"): object => use("Write", { file_path: path, content });
const submit = use("submit_result", { summary: "done" });

interface Setting {
  readonly plan: string;
  readonly replies: Record<string, readonly object[]>;
  readonly files?: Record<string, string>;
}

async function work({
  plan,
  replies,
  files = {},
}: Setting): Promise<{ exitCode: number; events: AnyEvent[]; asked: number }> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan, ...files });
  const review = { "-:plan-review:1": [use("submit_plan_review", { decision: "ACCEPT", risks: [] })] };
  const defaults = {
    critic: [use("submit_verdict", { decision: "ACCEPT" })],
    audit: [use("submit_verdict", { decision: "ACCEPT" })],
  };
  const script = { apiVersion: "worknode/v1", kind: "Script", replies: { ...review, ...replies }, defaults };
  const server = await scripted(repo, JSON.stringify(script));
  try {
    const { exitCode } = await run(repo);
    const store = repo.store();
    const events = store.events({});
    store.close();
    return { exitCode, events, asked: server.requests().length };
  } finally {
    await server.close();
  }
}

const of = <T extends EventType>(events: readonly AnyEvent[], type: T): Extract<AnyEvent, { type: T }>[] =>
  events.filter((event): event is Extract<AnyEvent, { type: T }> => event.type === type);

const HEAD = "apiVersion: worknode/v1\nkind: Plan\nid: rules\ntitle: Rules\n";
const planWith = (tasks: string, more = ""): string => `${HEAD}${more}phases:\n  - id: build\n    tasks:\n${tasks}`;
const NOTE = (id: string, more = ""): string =>
  `      - {id: ${id}, title: Note ${id}, owner: implementer, files: {write: [${id}.md]}${more}}\n`;

describe("the plan's deviation", () => {
  const calls = (count: number, violations: number): object[] => [
    ...Array.from({ length: violations }, (_, index) => write(`other-${index}.md`)),
    ...Array.from({ length: count - violations }, (_, index) => write("A.md", `${index}\n`)),
    submit,
  ];

  it("of 15 % by denied calls alerts the executive once, and the run goes on", async () => {
    const { exitCode, events } = await work({
      plan: planWith(NOTE("A") + NOTE("B", ", needs: [A]")),
      replies: { "A:work:1": calls(20, 3), "B:work:1": [write("B.md"), submit] },
    });
    expect(exitCode).toBe(0);
    const told = of(events, "ALERT").filter(({ payload }) => payload.key?.startsWith("deviation:") === true);
    expect(told).toHaveLength(1);
    expect(of(events, "DEVIATION").filter(({ payload }) => payload.alert)).toMatchObject([
      { payload: { value: 0.15, components: { adherence: 0.15, files: 0 } } },
    ]);
    expect(told[0]?.payload).toMatchObject({ to: "executive", message: expect.stringContaining("adherence 0.15") });
  });

  it("below it is not told", async () => {
    const { events } = await work({ plan: planWith(NOTE("A")), replies: { "A:work:1": calls(21, 3) } });
    expect(of(events, "DEVIATION").filter(({ payload }) => payload.alert)).toEqual([]);
  });

  it("alerts earlier where the repository's own profile says so", async () => {
    const profile =
      "tier: executive\nmodel: opus\nwrites: docs/**\ndeletes: never\nlimits: {planDeviationAlert: 0.05, reviewEvery: 1h}\ntools: [Read, submit_plan_review, resolve_escalation]\n";
    const { events } = await work({
      plan: planWith(NOTE("A")),
      replies: { "A:work:1": calls(20, 2) },
      files: { ".worknode/capabilities/executive.yaml": profile },
    });
    expect(of(events, "DEVIATION").filter(({ payload }) => payload.alert)).toHaveLength(1);
  });
});

describe("expressions", () => {
  it("see what `with` passes on in conditions, checks and outputs, and any file they name or compute", async () => {
    const tasks = `      - id: A
        title: Write a note
        owner: implementer
        with: { name: "\${{ inputs.name }}" }
        files: { write: [notes/first.md] }
        steps:
          - { id: skip, agent: implementer, request: never, if: "with.name == 'second'" }
          - { id: write, agent: implementer, request: "Write notes/\${{ with.name }}.md", outputs: { path: "notes/\${{ with.name }}.md" } }
          - { id: there, check: { verify: ["files.exist('notes/' + with.name + '.md')", "files.read('notes/' + with.name + '.md').startsWith('x')"] }, onFail: { error: not there, then: stop } }
`;
    const { exitCode, events } = await work({
      plan: planWith(tasks, "inputs: { name: { type: string, default: first } }\n"),
      replies: { "A:work:1": [write("notes/first.md"), submit] },
    });
    expect(of(events, "TASK_STATUS").map(({ payload }) => payload.reason ?? "")).not.toContain("not there");
    expect(exitCode).toBe(0);
    expect(of(events, "STEP_ENDED").map(({ payload }) => `${payload.step} ${payload.status}`)).toEqual([
      "skip skipped",
      "write done",
      "there done",
    ]);
    expect(of(events, "TASK_OUTPUTS")).toMatchObject([{ payload: { outputs: { path: "notes/first.md" } } }]);
  });

  it("see no masked file, none outside, and nothing through a link", async () => {
    const verify = (expression: string): string => `      - id: A
        title: Look
        owner: implementer
        files: { write: [A.md] }
        steps:
          - { id: write, agent: implementer, request: write }
          - { id: look, check: { verify: ["${expression}"] }, onFail: { error: not so, then: stop } }
`;
    for (const expression of ["files.exist('.env.shared')", "files.exist('../outside')"]) {
      const { exitCode } = await work({
        plan: planWith(verify(expression)),
        replies: { "A:work:1": [write("A.md"), submit] },
        files: { ".env.shared": "secret\n" },
      });
      expect(exitCode).toBe(4);
      repo?.remove();
    }
  });
});

describe("the repository's own tier profile", () => {
  const profile = (limits: string): string =>
    `tier: implementation\nmodel: sonnet\nwrites: by task\ndeletes: never\nlimits: ${limits}\ntools: [Read, Write, submit_result]\n`;
  const code =
    "/** Picks. */\nexport function pick(a) {\n  if (a === 1) return 1;\n  if (a === 2) return 2;\n  return 3;\n}\n";
  const plan = `${HEAD}waivers:\n  - {rule: tests, tasks: [A], reason: none}\n  - {rule: coverage, tasks: [A], reason: none}\nphases:\n  - id: build\n    tasks:\n      - {id: A, title: Code, owner: implementer, files: {write: [a.js]}}\n`;

  it("tightens the limits of the tier at the write", async () => {
    const { events, exitCode } = await work({
      plan,
      replies: {
        "A:work:1": [write("a.js", code), write("a.js", "/** One. */\nexport const one = () => 1;\n"), submit],
      },
      files: { ".worknode/capabilities/implementation.yaml": profile("{maxComplexity: 2}") },
    });
    expect(of(events, "SECURITY_VIOLATION")).toMatchObject([
      { payload: { message: "Function complexity 3 exceeds agent limit 2" } },
    ]);
    expect(exitCode).toBe(0);
  });

  it("that is looser is refused before anything is opened", async () => {
    const files = { ".worknode/capabilities/implementation.yaml": profile("{maxComplexity: 9}") };
    await expect(work({ plan, replies: {}, files })).rejects.toMatchObject({ code: "PROFILE_INVALID", exitCode: 2 });
    const store = repo?.store();
    expect(store?.queries.maxCycle()).toBe(0);
    store?.close();
  });
});

describe("what is wrong before a run", () => {
  it("a model without a price and a budget in money: no cycle is opened", async () => {
    const plan = planWith(
      NOTE("A"),
      "budget: { usd: 1 }\nagents:\n  implementer: { tier: implementation, model: unpriced-model }\n",
    );
    await expect(work({ plan, replies: {} })).rejects.toMatchObject({ code: "NO_PRICE", exitCode: 2 });
    const store = repo?.store();
    expect(store?.queries.maxCycle()).toBe(0);
    store?.close();
  });

  it("a server nobody can reach: exit 2 even where the budget would not bear its attempts, and resumable", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planWith(NOTE("A"), "budget: { usd: 0.6 }\n") });
    repo.env["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:9";
    repo.env["ANTHROPIC_API_KEY"] = "none";
    const result = await run(repo);
    expect(result).toMatchObject({ exitCode: 2, reason: expect.stringContaining("worknode continue") });
  });

  it("tells the listener of the cycle's start, too", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planWith(NOTE("A")) });
    const server = await scripted(
      repo,
      JSON.stringify({
        apiVersion: "worknode/v1",
        kind: "Script",
        replies: { "-:plan-review:1": [use("submit_plan_review", { decision: "REJECT", risks: [], feedback: "no" })] },
      }),
    );
    const seen: string[] = [];
    const { exitCode } = await run(repo, "plan.yaml", (event) => seen.push(event.type));
    await server.close();
    expect(exitCode).toBe(4);
    expect(seen[0]).toBe("CYCLE_STARTED");
  });
});

it("names the fields of an input it dropped, after the result", async () => {
  const odd = use("Read", { file_path: "README.md", colour: "red" });
  const { events, exitCode } = await work({
    plan: planWith(NOTE("A")),
    replies: { "A:work:1": [odd, write("A.md"), submit] },
  });
  expect(exitCode).toBe(0);
  expect(of(events, "TOOL_RESULT").find(({ payload }) => payload.content.includes("# r"))?.payload.content).toContain(
    "Ignored unknown fields: colour.",
  );
});
