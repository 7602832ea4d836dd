import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { continueRun, runPlan } from "../../src/crew/cycle/session.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const PLAN = notesPlan(
  [
    { id: "N-1", title: "Write the first note", write: ["notes/one.md"] },
    { id: "N-2", title: "Write the second", write: ["notes/two.md"], needs: ["N-1"] },
  ],
  { named: true },
);

let repo: Repo;
let server: Awaited<ReturnType<typeof scripted>>;
beforeEach(async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  server = await scripted(
    repo,
    scriptOf({ "N-1:work:1": [write("notes/one.md"), submit], "N-2:work:1": [write("notes/two.md"), submit] }),
  );
  const stop = new AbortController();
  const { exitCode } = await runPlan({
    cwd: repo.dir,
    env: repo.env,
    signal: stop.signal,
    planPath: "plan.yaml",
    yes: true,
    inputs: {},
    includeWip: false,
    onEvent: ({ type }) => type === "PLAN_REVIEWED" && stop.abort(),
  });
  expect(exitCode).toBe(130);
});
afterEach(async () => {
  await server.close();
  repo.remove();
});

async function worknode(...args: string[]) {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  const code = await runCommandLine(context, args);
  return { code, out: context.printed(), err: context.complained() };
}

const goOn = () =>
  continueRun({ cwd: repo.dir, env: repo.env, signal: new AbortController().signal, onEvent: () => undefined });

async function claimed(): Promise<string> {
  const { code, out } = await worknode("claim", "N-1", "--as", "ann", "--output-format", "json");
  expect(code).toBe(0);
  return (JSON.parse(out) as { worktree: string }).worktree;
}

it("puts a plan's task in one person's hands; agents wait for it, and go on from what the rules accept", async () => {
  const worktree = await claimed();
  expect(await worknode("claim", "N-1", "--as", "ann")).toMatchObject({
    code: 0,
    out: `N-1 (Write the first note): IN_PROGRESS, ann\nWork in ${worktree}, then \`worknode done N-1\`.\n`,
  });
  expect((await worknode("claim", "N-1", "--as", "bob")).err).toContain("N-1 is claimed by ann");
  expect((await worknode("claim", "N-1", "--as", "implementer")).err).toContain("is an agent of the plan");
  expect((await worknode("claim", "N-2", "--as", "bob")).err).toContain("needs N-1");
  expect(await goOn()).toMatchObject({ exitCode: 6, reason: expect.stringContaining("N-1") });
  expect(of(eventsOf(repo), "MODEL_REQUEST").map(({ actor }) => actor)).toEqual(["executive"]);

  mkdirSync(join(worktree, "notes"));
  writeFileSync(join(worktree, "notes/one.md"), "by hand\n");
  appendFileSync(join(worktree, "README.md"), "more\n");
  expect(await worknode("done", "N-1", "--as", "bob")).toMatchObject({ code: 2 });
  const refused = await worknode("done", "N-1", "--as", "ann");
  expect([refused.code, refused.err]).toEqual([4, expect.stringContaining("outside the task's list: README.md")]);
  expect(of(eventsOf(repo), "EVENT_TASK_COMPLETED")).toEqual([]);
  writeFileSync(join(worktree, "README.md"), "# r\n");
  expect(await worknode("done", "N-1", "--as", "ann", "--summary", "by hand")).toMatchObject({
    code: 0,
    out: "N-1 (Write the first note): DONE, ann\n",
  });
  expect(repo.git("show", "worknode/notes/1:notes/one.md")).toBe("by hand\n");
  expect(repo.git("log", "-1", "--format=%B", "worknode/notes/1")).toContain("Worknode-Agent: ann");
  expect((await worknode("claim", "N-1", "--as", "ann")).code).toBe(2);

  expect((await goOn()).exitCode).toBe(0);
  const store = repo.store();
  expect(store.queries.tasks(1).map(({ id, status, agent }) => [id, status, agent])).toEqual([
    ["N-1", "DONE", "ann"],
    ["N-2", "DONE", "implementer"],
  ]);
  expect(store.rebuild().equal).toBe(true);
  store.close();
});

it("is given back to the agents by who claimed it, and by nobody else", async () => {
  await claimed();
  expect((await worknode("claim", "N-1", "--release", "--as", "bob")).code).toBe(2);
  expect((await worknode("claim", "N-1", "--release", "--as", "ann")).code).toBe(0);
  expect((await worknode("done", "N-1", "--as", "ann")).err).toContain("it is PENDING");
  expect((await worknode("claim", "FIX-1", "--release")).code).toBe(2);
  expect((await goOn()).exitCode).toBe(0);
});
