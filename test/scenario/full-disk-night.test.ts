import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseScript } from "../../src/model/scripted/script.js";
import { startScriptedServer } from "../../src/model/scripted/server.js";
import { openStore } from "../../src/store/store.js";
import { notesPlan } from "./notes-plan.js";
import { scriptOf, submit, write } from "./scripted-run.js";
import { canMount } from "./small-disk.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PLAN = notesPlan([{ id: "N-1", title: "Write the notes", write: ["one.md", "two.md"] }]);

describe.skipIf(!canMount())("a disk that fills up in the night", () => {
  let disk = "";
  let url = "";
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), "worknode-disk-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", disk]).status).toBe(0);
    writeFileSync(join(disk, "plan.yaml"), PLAN);
    for (const args of [
      ["init", "-q"],
      ["add", "-A"],
      ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "base"],
    ])
      expect(spawnSync("git", args, { cwd: disk }).status).toBe(0);
  });
  afterEach(() => {
    spawnSync("umount", [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  /** Repository, log and state are on the disk; only the temporary files of programs are not. */
  function worknode(...args: string[]): Promise<{ code: number | null; err: string }> {
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: join(disk, ".git", "home"),
      XDG_STATE_HOME: join(disk, ".git", "state"),
      ANTHROPIC_BASE_URL: url,
    };
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: disk, env, stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (piece) => (err += String(piece)));
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, err })));
  }

  it.each(["one.md", "two.md"])(
    "stops the run at the write of %s with what to do, and nothing is lost",
    async (path) => {
      const at = (file: string): object => (file === path ? { hold: "full" } : {});
      const replies = [write("one.md", "one\n", at("one.md")), write("two.md", "two\n", at("two.md")), submit];
      const script = parseScript(scriptOf({ "N-1:work:1": replies }));
      if (!script.ok) throw new Error(script.error);
      const server = await startScriptedServer({ script: script.value });
      url = server.url;
      server.onHold("full", () => {
        spawnSync("dd", ["if=/dev/zero", `of=${join(disk, ".git", "fill")}`, "bs=1k", "count=32768"]);
        server.release("full");
      });
      const stopped = await worknode("run", "plan.yaml", "--yes");
      expect(stopped.code).toBe(1);
      expect(stopped.err).toMatch(/^worknode: .*(ENOSPC|SQLITE_FULL|No room left).*(free|Free) some space/);
      expect(stopped.err).not.toContain("    at ");
      rmSync(join(disk, ".git", "fill"));
      expect(await worknode("continue")).toEqual({ code: 0, err: "" });
      await server.close();
      const shown = spawnSync("git", ["show", "worknode/notes/1:one.md", "worknode/notes/1:two.md"], { cwd: disk });
      expect(String(shown.stdout)).toBe("one\ntwo\n");
      const store = openStore(join(disk, ".worknode", "worknode.db"));
      expect(store.verify()).toMatchObject({ ok: true });
      expect(store.events({ type: "CYCLE_STARTED" })).toHaveLength(1);
      store.close();
    },
  );
});
