import { afterEach, expect, it } from "vitest";
import type { AnyEvent, EventType } from "../../src/schema/event.js";
import { violationReportSchema } from "../../src/schema/violation-report.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: wall
title: Run against a wall
budget: { usd: 5 }
phases:
  - id: build
    tasks:
      - id: A
        title: Write a note
        owner: implementer
        files: { write: [notes.md] }
      - id: B
        title: Write another
        owner: implementer
        files: { write: [other.md] }
`;

const use = (name: string, input: object): object => ({ tools: [{ name, input }] });
const write = (path: string): object => use("Write", { file_path: path, content: "x\n" });
const submit = use("submit_result", { summary: "done" });

function scriptOf(calls: readonly object[]): string {
  return JSON.stringify({
    apiVersion: "worknode/v1",
    kind: "Script",
    replies: {
      "-:plan-review:1": [use("submit_plan_review", { decision: "ACCEPT", risks: [] })],
      "A:work:1": calls,
      "A:work:2": [write("notes.md"), submit],
      "B:work:1": [write("other.md"), submit],
      "A:escalation:1": [use("resolve_escalation", { action: "retry", reason: "stay within notes.md" })],
    },
    defaults: {
      critic: [use("submit_verdict", { decision: "ACCEPT" })],
      audit: [use("submit_verdict", { decision: "ACCEPT" })],
    },
  });
}

const of = <T extends EventType>(events: readonly AnyEvent[], type: T): Extract<AnyEvent, { type: T }>[] =>
  events.filter((event): event is Extract<AnyEvent, { type: T }> => event.type === type);

async function work(calls: readonly object[]): Promise<{ exitCode: number; events: AnyEvent[] }> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const server = await scripted(repo, scriptOf(calls));
  const { exitCode } = await run(repo);
  await server.close();
  const store = repo.store();
  const events = store.events({});
  store.close();
  return { exitCode, events };
}

it("ends at the third identical denial with an escalation, and goes on with the executive's remedy", async () => {
  const wall = write("README.md");
  const { exitCode, events } = await work([wall, wall, wall, submit]);
  expect(of(events, "SECURITY_VIOLATION")).toHaveLength(3);
  expect(of(events, "ESCALATION")).toMatchObject([
    { payload: { from: "implementer", to: "executive", reason: expect.stringContaining("refused 3 times") } },
  ]);
  expect(of(events, "MODEL_REQUEST").filter(({ stream }) => stream === "conv:1:A:work:1")).toHaveLength(3);
  expect(exitCode).toBe(0);
});

it("takes edits whose text is not found for as many calls as they are, and the same one for the same", async () => {
  const edit = (text: string): object => use("Edit", { file_path: "notes.md", old_string: text, new_string: "y" });
  const tries = await work([write("notes.md"), edit("one"), edit("two"), edit("three"), edit("x"), submit]);
  expect(of(tries.events, "ESCALATION")).toEqual([]);
  expect(of(tries.events, "EFFECT_KEPT").filter(({ task }) => task === "A")).toHaveLength(2);
  expect(tries.exitCode).toBe(0);
  repo?.remove();
  const again = await work([write("notes.md"), edit("one"), edit("one"), edit("one"), submit]);
  expect(of(again.events, "ESCALATION")).toMatchObject([
    { payload: { reason: expect.stringMatching(/refused 3 times: rule: input-schema, object: Edit$/) } },
  ]);
});

it("takes denials of different things for different, and tells the executive of each once", async () => {
  const { exitCode, events } = await work([
    write("README.md"),
    write("plan.yaml"),
    write("README.md"),
    write("notes.md"),
    submit,
  ]);
  expect(of(events, "ESCALATION")).toEqual([]);
  expect(exitCode).toBe(0);
  const told = of(events, "ALERT").filter(({ payload }) => payload.key?.startsWith("implementer:") === true);
  expect(told.map(({ payload }) => payload.key)).toEqual([
    "implementer:file-whitelist:README.md",
    "implementer:hard-deny:plan.yaml",
  ]);
  const first = of(events, "SECURITY_VIOLATION")[0];
  expect(told[0]?.seq).toBe((first?.seq ?? 0) + 1);
});

it.skipIf(sandboxMissing)(
  `of one command are one for each rule, however many things each refuses${reason}`,
  async () => {
    const command = "for i in 1 2 3; do echo x > x$i.md; done; rm README.md; ln -s notes.md link.md; echo > .envrc";
    const bash = (more: string): object => use("Bash", { command: `${command}; ${more}` });
    const { events } = await work([bash("true"), bash("echo again"), write("notes.md"), submit]);
    const found = of(events, "SECURITY_VIOLATION").map(({ payload }) => `${payload.rule}:${payload.object}`);
    const each = [".envrc", "link.md", "README.md", "x1.md"];
    for (const thing of each) expect(found.filter((key) => key.split(":")[1] === thing)).toHaveLength(2);
    expect(found).toHaveLength(2 * each.length);
    expect(new Set(found.map((key) => key.split(":")[0])).size).toBe(each.length);
    const told = of(events, "ALERT").filter(({ payload }) => payload.key?.startsWith("implementer:") === true);
    expect(told.map(({ payload }) => payload.key)).toEqual([...new Set(found)].map((key) => `implementer:${key}`));
    expect(of(events, "EFFECT_DISCARDED")).toHaveLength(2);
  },
);

it("are listed with rule, object and remedy, by task and agent, as their schema says", async () => {
  await work([write("README.md"), write(".git/config"), write("notes.md"), submit]);
  const list = async (...args: string[]): Promise<string> => {
    const context = makeContext({ cwd: repo?.dir ?? "", env: repo?.env ?? {} });
    expect(await runCommandLine(context, ["violations", ...args])).toBe(0);
    return context.printed();
  };
  const report = violationReportSchema.parse(JSON.parse(await list("--output-format", "json")));
  expect(report.violations).toMatchObject([
    { task: "A", agent: "implementer", code: "ERROR_PLAN_VIOLATION", rule: "file-whitelist", object: "README.md" },
    { task: "A", agent: "implementer", code: "ERROR_PATH", rule: "path" },
  ]);
  expect(report.violations[0]?.remedy).toContain("notes.md");
  expect((await list("--limit", "1", "--output-format", "stream-json")).trim().split("\n")).toHaveLength(1);
  expect(await list("--task", "B")).toMatch(/^None of the \d recorded fits what was asked\.\n$/);
  expect(await list("--agent", "implementer")).toContain("README.md");
});
