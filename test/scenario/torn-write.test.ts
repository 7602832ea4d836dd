import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";
import { canMount } from "./small-disk.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: torn
title: Write the notes
phases:
  - id: write
    tasks:
      - { id: N-1, title: Write the notes, owner: implementer, files: { write: [notes.md] } }
`;
const OLD = `${"\0".repeat(256 * 1024)}\n`;
const NEW = "a new line of text\n".repeat(8_000);

/** The worktrees are on a small disk, the repository with the log is not. */
describe.skipIf(!canMount())("a write that the disk takes only in part", () => {
  let disk = "";
  let repo: Repo;
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), "worknode-disk-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", disk]).status).toBe(0);
    repo = makeRepo({ "plan.yaml": PLAN, "notes.md": OLD });
  });
  afterEach(() => {
    repo.remove();
    spawnSync("umount", [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  function worknode(...args: string[]): Promise<{ code: number | null; err: string }> {
    const env = { ...repo.env, XDG_STATE_HOME: disk };
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: repo.dir, env, stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (piece) => (err += String(piece)));
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, err })));
  }

  const found = (): string =>
    join(disk, String(readdirSync(disk, { recursive: true }).find((name) => String(name).endsWith("N-1/notes.md"))));

  /** The agent's calls that have an event of a type. */
  const callsOf = (type: "TOOL_RESULT" | "EFFECT_KEPT"): string[] =>
    of(eventsOf(repo), type).flatMap(({ payload }) => (payload.call_id.includes(":work:") ? [payload.call_id] : []));

  it("ends the session with what to do, and `continue` writes the file whole, once", async () => {
    const server = await scripted(repo, scriptOf({ "N-1:work:1": [write("notes.md", NEW, { hold: "full" }), submit] }));
    let file = "";
    server.onHold("full", () => {
      file = found();
      // A file with holes has its length and no room of its own: what overwrites it needs room in the middle.
      expect(spawnSync("fallocate", ["--dig-holes", file]).status).toBe(0);
      expect(statSync(file)).toMatchObject({ size: OLD.length, blocks: 8 });
      const fill = join(disk, "fill");
      spawnSync("dd", ["if=/dev/zero", `of=${fill}`, "bs=1k", "count=32768"]);
      truncateSync(fill, statSync(fill).size - 64 * 1024);
      server.release("full");
    });
    const stopped = await worknode("run", "plan.yaml", "--yes");
    expect(stopped.err).toMatch(/^worknode: .*notes\.md could be written only in part \(ENOSPC.*`worknode continue`/);
    expect(stopped.err).not.toContain("    at ");
    expect(stopped.code).toBe(2);
    expect(readFileSync(file, "utf8")).toMatch(/^[^\0]+\0+\n$/);
    expect(callsOf("TOOL_RESULT")).toEqual([]);
    rmSync(join(disk, "fill"));
    expect(await worknode("continue")).toEqual({ code: 0, err: "" });
    await server.close();
    expect(repo.git("show", "worknode/torn/1:notes.md")).toBe(NEW);
    expect(callsOf("EFFECT_KEPT")).toEqual(["1:N-1:work:1:1"]);
  });
});
