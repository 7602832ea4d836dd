import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PLAN = notesPlan([{ id: "N-1", title: "Write the note", write: ["notes/one.md"] }]);
const handIn = use("submit_result", { summary: "drafted", outputs: { plan: PLAN } });
const read = use("Read", { file_path: "README.md" });
const GOAL = ["plan", "new", "write the notes", "--files", "notes"];

describe("a draft whose process was killed", () => {
  let repo: Repo;
  let server: Awaited<ReturnType<typeof scripted>>;
  beforeEach(async () => {
    repo = makeRepo({ "README.md": "# r\n", "night.yaml": PLAN });
    const script = scriptOf({
      "DRAFT-1:work:1": [read, { ...handIn, hold: "drafting" }],
      "N-1:work:1": [write("notes/one.md"), { ...submit, hold: "working" }],
    });
    server = await scripted(repo, script);
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
  /** Starts a process and ends it by SIGKILL when the model is asked what it holds back. */
  async function killed(hold: string, ...args: string[]): Promise<void> {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: repo.dir, env: repo.env, stdio: "ignore" });
    server.onHold(hold, () => child.kill("SIGKILL"));
    await new Promise((resolve) => child.once("close", resolve));
    server.release(hold);
  }
  const cycles = (): number => of(eventsOf(repo), "CYCLE_STARTED").length;

  it("is gone on with by continue, and no reply is asked for twice", async () => {
    await killed("drafting", ...GOAL);
    const drafted = await worknode("continue");
    expect(drafted.code).toBe(0);
    expect(drafted.out).toContain("Written to .worknode/plans/notes.yaml; nothing has run.");
    expect(server.repeatedWholeReplies()).toEqual([]);
    expect(cycles()).toBe(1);
    expect(await worknode("continue")).toMatchObject({ code: 7 });
  });

  it("is gone on with when the same is asked for again", async () => {
    await killed("drafting", ...GOAL);
    expect(await worknode(...GOAL)).toMatchObject({ code: 0 });
    expect(cycles()).toBe(1);
    expect(server.repeatedWholeReplies()).toEqual([]);
  });

  it("is given up when anything else is asked for, other files alone included", async () => {
    await killed("drafting", ...GOAL);
    expect((await worknode(...GOAL, "README.md")).code).toBe(0);
    const ends = of(eventsOf(repo), "CYCLE_ENDED").map(({ payload }) => [payload.cycle, payload.status]);
    expect(ends).toEqual([
      [1, "failed"],
      [2, "done"],
    ]);
    expect(await worknode("continue")).toMatchObject({ code: 7 });
  });

  it("is begun anew once the repository went on", async () => {
    await killed("drafting", ...GOAL);
    repo.write("new.md", "new\n");
    repo.git("add", "new.md");
    repo.git("commit", "-q", "-m", "mine");
    expect((await worknode("continue")).err).toContain("went on since");
    expect(await worknode(...GOAL)).toMatchObject({ code: 0 });
    expect(cycles()).toBe(2);
  });

  it("stands in the way of no run: that is continued first", async () => {
    await killed("working", "run", "night.yaml", "--yes");
    await killed("drafting", ...GOAL);
    const first = await worknode("continue");
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining("N-1: done") as string });
    expect((await worknode("continue")).out).toContain("Written to .worknode/plans/notes.yaml");
  });
});
