import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { scriptOf, submit, write } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** A process whose numbers are its own, as those of a container; it dies with what started it. */
const CONTAINER = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"];
const refused = spawnSync("unshare", [...CONTAINER, "true"], { encoding: "utf8" }).status !== 0;
const why = refused ? " [skipped: the kernel gives no pid namespace]" : "";

const PLAN = notesPlan([{ id: "N-1", title: "Notes", write: ["notes/one.md", "notes/two.md"] }]);

let repo: Repo | undefined;
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  repo?.remove();
});

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** Runs worknode in a container of its own. */
function inContainer(at: Repo, ...args: string[]): { ended: Promise<Ended>; kill: () => void } {
  const child = spawn("unshare", [...CONTAINER, process.execPath, MAIN, ...args], {
    cwd: at.dir,
    env: at.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  let said = "";
  child.stdout.on("data", (piece) => (said += String(piece)));
  child.stderr.on("data", (piece) => (said += String(piece)));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, said })));
  return { ended, kill: () => child.kill("SIGKILL") };
}

describe.skipIf(refused)("a second container on the same files", () => {
  it(`is refused while the first lives, and goes on at once when it is killed${why}`, async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
    const held = { hold: "here" };
    const replies = [write("notes/one.md", "one\n"), write("notes/two.md", "two\n", held), submit];
    const server = await scripted(repo, scriptOf({ "N-1:work:1": replies }));
    const atWork = new Promise<void>((resolve) => server.onHold("here", () => resolve()));
    const first = inContainer(repo, "run", "plan.yaml", "--yes");
    await atWork;
    const second = await inContainer(repo, "continue").ended;
    expect(second).toMatchObject({ code: 2, said: expect.stringContaining("cycle 1 is being run by process") });
    const status = await inContainer(repo, "status").ended;
    expect(status.said).toMatch(/run by process \d+/);
    first.kill();
    expect((await first.ended).code).toBeNull();
    expect((await inContainer(repo, "status").ended).said).toContain("is gone; `worknode continue` carries on");
    server.release("here");
    const third = await inContainer(repo, "continue").ended;
    await server.close();
    expect(third.code, third.said).toBe(0);
    expect(repo.git("show", "worknode/notes/1:notes/one.md", "worknode/notes/1:notes/two.md")).toBe("one\ntwo\n");
  });
});
