import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { continueRun } from "../../src/crew/cycle/session.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

describe("a folder that is removed while a run works in it", () => {
  let repo: Repo;
  let server: Awaited<ReturnType<typeof scripted>>;
  let state = "";

  beforeEach(() => {
    repo = makeRepo({ "plan.yaml": notesPlan([{ id: "A", title: "Note", write: ["A.md", "B.md"] }]) });
    state = join(repo.env["XDG_STATE_HOME"] ?? "", "worknode");
  });
  afterEach(async () => {
    await server.close();
    repo.remove();
  });

  const project = (): string => join(state, readdirSync(state)[0] ?? "");
  const worktree = (): string => join(project(), "worktrees", "1-A");

  async function runWhile(remove: () => void, second: object): Promise<{ exitCode: number; reason: string }> {
    server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md", "one\n"), second, submit] }));
    server.onHold("begun", () => {
      remove();
      server.release("begun");
    });
    return await run(repo);
  }

  it.each<[string, () => string]>([
    ["the task's worktree", worktree],
    ["the state directory", project],
  ])("is named, and nothing is made in its place: %s", async (_, place) => {
    const removed: string[] = [];
    const ended = await runWhile(
      () => {
        removed.push(place());
        rmSync(place(), { recursive: true });
      },
      write("B.md", "two\n", { hold: "begun" }),
    );
    expect(ended).toMatchObject({ exitCode: 2, reason: expect.stringContaining("was removed while worknode used it") });
    expect(ended.reason).toContain(removed[0]);
    expect(existsSync(join(removed[0] ?? "", "B.md"))).toBe(false);
    expect(of(eventsOf(repo), "EFFECT_KEPT").flatMap(({ payload }) => payload.changes)).toHaveLength(1);
    await server.close();
    server = await scripted(repo, scriptOf({ "A:work:2": [write("A.md", "one\n"), write("B.md", "two\n"), submit] }));
    const went = await continueRun({
      cwd: repo.dir,
      env: repo.env,
      signal: new AbortController().signal,
      onEvent() {},
    });
    expect(went).toMatchObject({ exitCode: 0 });
    const told = of(eventsOf(repo), "CONVERSATION_STARTED").find(({ payload }) =>
      payload.conversation.endsWith("A:work:2"),
    );
    expect(JSON.stringify(told?.payload.prompt)).toContain("the worktree no longer holds what was kept in it: A.md");
    expect(repo.git("show", "worknode/notes/1:A.md", "worknode/notes/1:B.md")).toBe("one\ntwo\n");
  });

  it.each<[string, object]>([
    ["a look", use("Read", { file_path: "A.md" })],
    ["a write", write("B.md", "two\n")],
    ["a command", use("Bash", { command: "ls" })],
  ])("is named where it stands there empty, by the call whose verdict it was whole for: %s", async (_, second) => {
    server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md", "one\n"), second, submit] }));
    const place: string[] = [];
    const ended = await run(repo, "plan.yaml", ({ type, payload }) => {
      if (type !== "VERDICT" || payload.call_id !== "1:A:work:1:2") return;
      place.push(worktree());
      for (const name of readdirSync(worktree())) rmSync(join(worktree(), name), { recursive: true });
    });
    expect(ended).toMatchObject({ exitCode: 2, reason: expect.stringContaining(`${place[0]} was removed while`) });
    expect(readdirSync(place[0] ?? "")).toEqual([]);
    expect(of(eventsOf(repo), "EFFECT_KEPT")).toHaveLength(1);
  });

  it.each<[string, object]>([
    ["a write", write("B.md", "two\n")],
    ["a command", use("Bash", { command: "ls" })],
  ])("fails no call that the agent is then told of: %s", async (_, second) => {
    server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md", "one\n"), second, submit] }));
    const ended = await run(repo, "plan.yaml", ({ type, payload }) => {
      if (type === "VERDICT" && payload.call_id === "1:A:work:1:2") rmSync(worktree(), { recursive: true });
    });
    expect(ended).toMatchObject({ exitCode: 2, reason: expect.stringContaining("was removed while worknode used it") });
    const told = of(eventsOf(repo), "TOOL_RESULT").filter(({ payload }) => payload.call_id === "1:A:work:1:2");
    expect(told.map(({ payload }) => payload.content)).toEqual([]);
  });
});
