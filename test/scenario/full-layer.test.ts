import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";
import { canMount } from "./small-disk.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PLAN = notesPlan([{ id: "A", title: "Write the notes", write: ["a.md", "docs/new/b.md", "data.bin"] }]);
const bash = (command: string, more: object = {}): object => use("Bash", { command }, more);

/** Worktrees and layers are on a small disk, the repository with the log is not. */
describe.skipIf(!canMount())("a disk of layers that is full", () => {
  let disk = "";
  let repo: Repo;
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), "worknode-disk-"));
    mount(disk, "size=8m");
    repo = makeRepo({ "plan.yaml": PLAN, ".gitignore": "build/\n", "a.md": "old\n", "docs/b.md": "old\n" });
  });
  afterEach(() => {
    repo.remove();
    spawnSync("umount", ["-R", disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  function mount(place: string, options: string): void {
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", place]).status).toBe(0);
  }

  function worknode(...args: string[]): Promise<{ code: number | null; err: string }> {
    const env = { ...repo.env, XDG_STATE_HOME: disk };
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: repo.dir, env, stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (piece) => (err += String(piece)));
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, err })));
  }

  function below(end: string): string {
    const found = readdirSync(disk, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith(end));
    if (found === undefined) throw new Error(`there is no ${end}`);
    return join(disk, found);
  }
  const results = (): string[] =>
    of(eventsOf(repo), "TOOL_RESULT").flatMap(({ payload }) =>
      /:work:1:\d+$/.test(payload.call_id) ? [payload.content] : [],
    );

  it("by the command itself is that call's error, names the place, keeps nothing of it, and the work goes on", async () => {
    const calls = [
      bash("head -c 60000000 /dev/zero > other.bin; exit 0"),
      bash("head -c 60000000 /dev/zero > data.bin; echo new > a.md; exit 0"),
      bash("truncate -s 1G data.bin"),
      bash("echo new > a.md"),
    ];
    const server = await scripted(repo, scriptOf({ "A:work:1": [...calls, submit] }));
    expect(await worknode("run", "plan.yaml", "--yes")).toEqual({ code: 0, err: "" });
    await server.close();
    const [looked = "", staged = "", long = "", kept = ""] = results();
    expect(looked).toMatch(/^The call failed \(DISK_FULL\): cannot write .*1-A \(ENOSPC.*Free some space/);
    expect(staged).toMatch(/^The call failed \(DISK_FULL\): cannot write .*1-A \(ENOSPC.* may be cut off/);
    expect(long).toContain("Stopped by a limit: effects: the command left a file of 1073741824 bytes");
    expect(kept).toMatch(/^Kept: a\.md \(modify\)/);
    expect(repo.git("diff", "--stat", "main", "worknode/notes/1")).toMatch(/^ a\.md .*\n 1 file changed/);
  });

  it("while the work is verified ends the session, and `continue` judges the work anew without a rejection", async () => {
    const verify = "verify: { test: [dd, if=/dev/zero, of=big.bin, bs=1M, count=60] }";
    repo.write("plan.yaml", PLAN.replace("] } }", `] }, ${verify} }`));
    repo.git("commit", "-qam", "a test that needs much room");
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("a.md", "new\n"), submit] }));
    const stopped = await worknode("run", "plan.yaml", "--yes");
    expect(stopped.err).toMatch(
      /^worknode: cannot write .*layer \(ENOSPC.*Free some space, then run `worknode continue`/,
    );
    expect(stopped.code).toBe(2);
    mount(disk, "remount,size=120m");
    expect(await worknode("continue")).toEqual({ code: 0, err: "" });
    await server.close();
    expect(of(eventsOf(repo), "TASK_REJECTED")).toEqual([]);
    expect(server.repeatedWholeReplies()).toEqual([]);
  });

  it("in the middle of a keep ends the session, and `continue` keeps the rest before anything is judged", async () => {
    const half = "mkdir docs/new; echo new > a.md; echo new > docs/new/b.md; mkdir build; sleep 3";
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("data.bin", "x\n"), bash(half), submit] }));
    const running = worknode("run", "plan.yaml", "--yes");
    await vi.waitFor(() => below("upper/build"), { timeout: 60_000 });
    const docs = below("worktrees/1-A/docs");
    mount(docs, "nr_inodes=1,mode=755"); // takes no further name
    const stopped = await running;
    expect(stopped.err).toMatch(
      /^worknode: a call was kept only in part in .*1-A: .*\(ENOSPC.*Free some space.*`worknode continue` keeps the rest/,
    );
    expect(stopped.code).toBe(2);
    expect(readFileSync(join(docs, "../a.md"), "utf8")).toBe("new\n");
    expect(results()).toHaveLength(1);
    expect(spawnSync("umount", [docs]).status).toBe(0);
    expect(await worknode("continue")).toEqual({ code: 0, err: "" });
    expect(server.repeatedWholeReplies()).toEqual([]);
    await server.close();
    expect(repo.git("show", "worknode/notes/1:a.md", "worknode/notes/1:docs/new/b.md")).toBe("new\nnew\n");
    expect(of(eventsOf(repo), "EFFECT_KEPT").filter(({ payload }) => payload.changes.length === 2)).toHaveLength(1);
    expect(readdirSync(below("tasks/1-A/journal"))).toEqual([]);
  });
});
