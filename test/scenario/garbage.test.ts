import { afterEach, describe, expect, it } from "vitest";
import { continueRun } from "../../src/crew/cycle/session.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { of, runScripted, scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const note = (id: string, more = ""): string =>
  `      - { id: ${id}, title: Note, owner: implementer, files: { write: [${id}.md] }${more} }\n`;
const plan = (tasks: string): string =>
  `apiVersion: worknode/v1\nkind: Plan\nid: garbage\ntitle: Garbage\nphases:\n  - id: build\n    tasks:\n${tasks}`;
const OTHER = { "B:work:1": [write("B.md"), submit] };
const BLOCK = {
  "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "the model makes no sense" })],
};

describe("a reply that makes no sense costs its execution and never the run", () => {
  const faulty = (variant: string): object => write("A.md", "x\n", { faults: [{ type: "garbage", variant }] });
  // whole as far as it goes, so that nothing but the stop reason tells that more was meant
  const cut = write("A.md", "half", { stopReason: "max_tokens" });
  const raw = (name: string, inputJson: string): object => ({ tools: [{ name, inputJson }] });
  const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;

  it.each<[string, readonly object[], RegExp]>([
    ...["json", "html", "order", "fields", "usage", "tool_json", "types"].map(
      (variant): [string, readonly object[], RegExp] => [`garbage (${variant})`, [faulty(variant), submit], /ERROR/],
    ),
    ["an unknown tool", [use("Teleport", { to: "moon" }), write("A.md"), submit], /there is no tool 'Teleport'/],
    ["missing fields", [use("Write", { file_path: "A.md" }), write("A.md"), submit], /content/],
    ["wrong types", [use("Write", { file_path: 5, content: ["x"] }), write("A.md"), submit], /file_path.*content/s],
    [
      "a number beyond all bounds",
      [raw("Bash", '{"command":"true","timeout":1e309}'), write("A.md"), submit],
      /timeout/,
    ],
    ["nesting without end", [raw("Read", `{"file_path":${deep}}`), write("A.md"), submit], /file_path/],
    ["the same in an unknown tool", [raw("Teleport", `{"a":${deep},"b":-1e999}`), write("A.md"), submit], /no tool/],
    [
      "the same in unknown fields",
      [raw("Read", `{"file_path":"README.md","a":${deep},"b":1e309}`), write("A.md"), submit],
      /# r/,
    ],
    ["a call cut by max_tokens", [cut, write("A.md"), submit], /cut by its token limit/],
    ["a reply without a call", [{ text: "All is well." }, write("A.md"), submit], /A\.md/],
    ["an empty reply", [{}, write("A.md"), submit], /A\.md/],
    ["an empty reply after a call", [use("Read", { file_path: "README.md" }), {}, write("A.md"), submit], /A\.md/],
    ["two empty replies", [{}, {}, write("A.md"), submit], /stopped twice/],
    ["a refusal", [{ text: "I will not", stopReason: "refusal" }, write("A.md"), submit], /refused/],
  ])("%s", async (_, replies, told) => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(note("A") + note("B")) });
    const { exitCode, events } = await runScripted(repo, { "A:work:1": replies, ...OTHER });
    expect(exitCode).toBe(0);
    expect(repo.git("show", "worknode/garbage/1:A.md")).toBe("x\n");
    const ofA = events.filter(({ task }) => task === "A");
    const said = [
      ...of(ofA, "TOOL_RESULT").map(({ payload }) => payload.content),
      ...of(ofA, "EXECUTION_ENDED").map(({ payload }) => `${payload.outcome} ${payload.reason ?? ""}`),
    ];
    expect(said.join("\n")).toMatch(told);
    expect(of(ofA, "SECURITY_VIOLATION")).toEqual([]);
    const kept = of(ofA, "EFFECT_KEPT").flatMap(({ payload }) => payload.changes.map(({ path }) => path));
    expect(kept).toEqual(["A.md"]);
  });

  it.each<[string, readonly object[], string, RegExp]>([
    ["calls without end", Array(8).fill(use("Read", { file_path: "README.md" })), "limits: { maxExecutions: 3 }", /3/],
    ["refusals without end", Array(8).fill({ text: "no", stopReason: "refusal" }), "estimate: 1", /in a row|refused/],
    ["empty replies without end", Array(30).fill({}), "estimate: 1", /in a row|without/],
  ])("%s end the task, which the executive is told, and no other", async (_, replies, more, reason) => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(note("A", `, ${more}`) + note("B")) });
    const { exitCode, events } = await runScripted(repo, { "A:work:1": replies, ...BLOCK, ...OTHER });
    expect(exitCode).toBe(6);
    expect(of(events, "ESCALATION").find(({ task }) => task === "A")?.payload.reason).toMatch(reason);
    expect(repo.git("show", "worknode/garbage/1:B.md")).toBe("x\n");
    expect(of(events, "EFFECT_KEPT").filter(({ task }) => task === "A")).toEqual([]);
  });
});

it("a server that speaks something else is named before anything is done, and the cycle can go on with another", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(note("A")) });
  const html = { faults: Array(3).fill({ type: "garbage", variant: "html" }), tools: [] };
  const { exitCode, reason, events } = await runScripted(repo, { "-:plan-review:1": [html] });
  expect(exitCode).toBe(4);
  expect(reason).toMatch(/gave no review of the plan.*ANTHROPIC_BASE_URL.*worknode continue/);
  expect(of(events, "CYCLE_ENDED")).toEqual([]);
  const again = { "-:plan-review:2": [use("submit_plan_review", { decision: "ACCEPT", risks: [] })] };
  const server = await scripted(repo, scriptOf({ ...again, "A:work:1": [write("A.md"), submit] }));
  const options = { cwd: repo.dir, env: repo.env, signal: new AbortController().signal, onEvent: () => {} };
  expect(await continueRun(options)).toMatchObject({ exitCode: 0 });
  await server.close();
});
