import { afterEach, expect, it } from "vitest";
import { callTool } from "../../src/crew/service/tool-call.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const planOf = (more: string): string =>
  `apiVersion: worknode/v1\nkind: Plan\nid: bare\ntitle: Bare\nphases:\n  - id: p\n    tasks:\n      - {id: A, title: A, owner: implementer, files: {write: [notes.md]}${more}}\n`;
const use = (name: string, input: object): object => ({ tools: [{ name, input }] });

function unconfined(more = ""): Repo {
  repo = makeRepo({ "plan.yaml": planOf(more), "notes.md": "one\n" });
  repo.env["WORKNODE_SANDBOX"] = "none";
  return repo;
}

it("offers no Bash where commands cannot be confined, and says so to who calls it all the same", async () => {
  unconfined();
  const server = await scripted(
    repo as Repo,
    JSON.stringify({
      apiVersion: "worknode/v1",
      kind: "Script",
      replies: {
        "-:plan-review:1": [use("submit_plan_review", { decision: "ACCEPT", risks: [] })],
        "A:work:1": [
          use("Bash", { command: "echo two > notes.md" }),
          use("Write", { file_path: "notes.md", content: "two\n" }),
          use("submit_result", { summary: "done" }),
        ],
        "A:critic:1": [use("submit_verdict", { decision: "ACCEPT" })],
      },
    }),
  );
  expect((await run(repo as Repo)).exitCode).toBe(0);
  await server.close();
  const store = (repo as Repo).store();
  const started = store.events({ type: "CONVERSATION_STARTED" });
  const [told] = store.events({ type: "SECURITY_VIOLATION" });
  store.close();
  expect(JSON.stringify(told?.payload)).toContain("this machine has no sandbox");
  expect(started.length).toBeGreaterThan(1);
  for (const { payload } of started) expect((payload as { tools: string[] }).tools).not.toContain("Bash");
});

it("refuses a single command before anything is opened, and says how to get a sandbox", async () => {
  const at = unconfined();
  const { dir, env } = at;
  const signal = new AbortController().signal;
  const call = { planPath: "plan.yaml", task: "A", cwd: dir, env, signal, yes: true, dryRun: false };
  const command = { command: "echo two >> notes.md" };
  await expect(callTool({ ...call, tool: "Bash", input: command })).rejects.toMatchObject({
    code: "NO_SANDBOX",
    exitCode: 2,
    message: expect.stringMatching(
      /^Bash runs a command, .* has no sandbox:\nsandbox \w+: .*\n {2}fix: unset WORKNODE_/,
    ),
  });
  const opened = at.store();
  expect(opened.queries.maxCycle()).toBe(0);
  opened.close();
  const write = { file_path: "notes.md", content: "two\n" };
  expect((await callTool({ ...call, tool: "Write", input: write })).exitCode).toBe(0);
});

it("refuses a plan with commands before anything is opened, and says how to get a sandbox", async () => {
  const at = unconfined(", verify: {test: [node, --test]}");
  await expect(run(at)).rejects.toMatchObject({
    code: "NO_SANDBOX",
    exitCode: 2,
    message: expect.stringMatching(/:\nsandbox \w+: .*\n {2}fix: unset WORKNODE_SANDBOX/),
  });
  const store = at.store();
  expect(store.queries.maxCycle()).toBe(0);
  store.close();
});
