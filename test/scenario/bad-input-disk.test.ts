import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canMount } from "./small-disk.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = join(ROOT, "dist/main.js");
const CALL = ["tool", "Glob", '{"pattern":"**"}', "--plan", "plan.yaml", "--yes", "--task"];

describe.skipIf(!canMount())("a full disk", () => {
  let disk = "";
  let home = "";

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "worknode-home-"));
    disk = mkdtempSync(join(tmpdir(), "worknode-disk-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]).status).toBe(0);
    writeFileSync(join(disk, "plan.yaml"), readFileSync(join(ROOT, "plans/minimal.yaml")));
    const who = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    for (const args of [
      ["init", "-q"],
      ["add", "-A"],
      [...who, "commit", "-q", "-m", "base"],
    ])
      expect(spawnSync("git", args, { cwd: disk }).status).toBe(0);
  });
  afterEach(() => {
    spawnSync("umount", [disk]);
    for (const folder of [disk, home]) rmSync(folder, { recursive: true, force: true });
  });

  function fillDisk(): void {
    spawnSync("dd", ["if=/dev/zero", `of=${join(disk, "fill")}`, "bs=1k", "count=4096"]);
  }
  const freeDisk = (): void => rmSync(join(disk, "fill"));

  function say(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const env = { PATH: process.env["PATH"] ?? "", HOME: home, LANG: "C.UTF-8" };
    return new Promise((resolve) =>
      execFile(process.execPath, [MAIN, ...args], { cwd: disk, env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      ),
    );
  }

  it("before the first call is said with what to do, and leaves no ignore rules by half", async () => {
    fillDisk();
    const said = await say(...CALL, "OV-1");
    expect(said).toMatchObject({ code: 2, out: "" });
    expect(said.err).toMatch(/^worknode: cannot make .*ENOSPC.*: free some space and try again\.\n$/);
    expect(existsSync(join(disk, ".worknode/.gitignore"))).toBe(false);
    freeDisk();
    expect((await say(...CALL, "OV-1")).code).toBe(0);
    expect(readFileSync(join(disk, ".worknode/.gitignore"), "utf8")).toContain("worknode.db");
  });

  it("later keeps what was recorded, and says so without a stack trace", async () => {
    expect((await say(...CALL, "OV-1")).code).toBe(0);
    for (const suffix of ["-wal", "-shm"]) rmSync(join(disk, `.worknode/worknode.db${suffix}`), { force: true });
    fillDisk();
    for (const args of [["status"], ["continue", "--brief"], ["kill"]]) {
      const said = await say(...args);
      expect(said, args.join(" ")).toMatchObject({ code: 1, out: "" });
      expect(said.err).toMatch(/^worknode: No room left to write .*Free some space[^\n]*\n$/);
    }
    freeDisk();
    expect((await say("log", "verify")).code).toBe(0);
  });

  it("has nothing to do with an unknown task, which is told the tasks there are", async () => {
    expect(await say(...CALL, "NOPE")).toEqual({
      code: 2,
      out: "",
      err: "worknode: the plan has no task 'NOPE'. It has: OV-1.\n",
    });
  });
});
