import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { finishLogged, keepLogged, type LoggedWrite, restoreLogged } from "../../src/effect/keep/keep-logged.js";
import type { TaskWorkspace } from "../../src/effect/workspace/workspace.js";
import { issuePermit } from "../../src/gate/permit.js";
import { sha256Hex } from "../../src/kernel/canonical.js";
import { makeRepository, openTask, temporaryDirectory } from "../unit/effect/fixture.js";
import type { WriteOrder } from "./child/write.js";

const OLD = "the old text\n";
/** checked, torn, applied. */
const STEPS = 3;

const writeOf = (path: string, before: string | null, content: string): LoggedWrite => ({
  callId: "call",
  content,
  change: {
    path,
    kind: before === null ? "add" : "modify",
    before: before === null ? null : sha256Hex(before),
    after: sha256Hex(content),
  },
});

const WRITES = {
  "a new file": writeOf("made/deep.txt", null, "deep\n"),
  "a longer text": writeOf("a.txt", OLD, "another text, and a longer one\n"),
  "a shorter text": writeOf("a.txt", OLD, "short\n"),
  "no text at all": writeOf("a.txt", OLD, ""),
};

let program = "";
beforeAll(async () => {
  program = join(temporaryDirectory(), "write.mjs");
  const entryPoints = [resolve(import.meta.dirname, "child/write.ts")];
  await build({ entryPoints, outfile: program, bundle: true, platform: "node", format: "esm", logLevel: "error" });
});

async function openWorkspace(): Promise<TaskWorkspace> {
  return openTask(await makeRepository({ "a.txt": OLD }).find());
}

const textOf = ({ worktree }: TaskWorkspace, path: string): string | null =>
  existsSync(join(worktree, path)) ? readFileSync(join(worktree, path), "utf8") : null;

const displacedIn = ({ taskDir }: TaskWorkspace): string[] =>
  readdirSync(taskDir)
    .filter((name) => name.startsWith("displaced."))
    .map((name) => readFileSync(join(taskDir, name), "utf8"));

interface Rig {
  readonly workspace: TaskWorkspace;
  readonly recorded: () => string;
  /** Keeps the write in a process of its own, which kills itself after so many steps. */
  keep(killAfter: number, shell?: string): ReturnType<typeof spawnSync>;
  /** Brings a write that was interrupted to its end, as whoever goes on does. */
  finish(): Promise<void>;
}

async function makeRig(write: LoggedWrite): Promise<Rig> {
  const workspace = await openWorkspace();
  const directory = temporaryDirectory();
  const [recordFile, orderFile] = [join(directory, "recorded"), join(directory, "order.json")];
  writeFileSync(recordFile, "");
  const { worktree, taskDir, journalDir } = workspace;
  return {
    workspace,
    recorded: () => readFileSync(recordFile, "utf8"),
    keep: (killAfter, shell = 'exec "$@"') => {
      const order: WriteOrder = { workspace: { worktree, taskDir, journalDir }, write, killAfter, recordFile };
      writeFileSync(orderFile, JSON.stringify(order));
      const args = ["-c", shell, "bash", process.execPath, program, orderFile];
      return spawnSync("bash", args, { encoding: "utf8" });
    },
    finish: async () => {
      if (readFileSync(recordFile, "utf8").includes("kept")) return;
      if ((await finishLogged(workspace, write)) === "kept") appendFileSync(recordFile, "kept\n");
    },
  };
}

function keepIn(workspace: TaskWorkspace, { callId, change, content }: LoggedWrite): ReturnType<typeof keepLogged> {
  const argsHash = "0".repeat(64);
  const permit = issuePermit({ callId, argsHash });
  const prepared = { argsHash, changes: [{ ...change, kind: change.kind as "modify", content }] };
  return keepLogged(permit, workspace, { callId, prepared });
}

describe.each(Object.entries(WRITES))("kill -9 while a write of %s is kept by the log", (_name, write) => {
  const { path, before } = write.change;
  const was = before === null ? null : OLD;

  for (let step = 0; step <= STEPS; step += 1)
    it(`after step ${step} leaves the file as it was, or whole and recorded once`, async () => {
      const rig = await makeRig(write);
      const first = rig.keep(step);
      expect([first.signal, first.stderr]).toEqual([step < STEPS ? "SIGKILL" : null, ""]);
      for (let again = 0; again < 2; again += 1) await rig.finish();
      const kept = textOf(rig.workspace, path) === write.content;
      expect(kept || textOf(rig.workspace, path) === was).toBe(true);
      expect(rig.recorded()).toBe(kept ? "kept\n" : "");
      expect([[false], [true, false], [true], [true]][step]).toContain(kept);
      if (!kept) expect(rig.keep(STEPS).stdout).toBe(String(STEPS));
      expect(textOf(rig.workspace, path)).toBe(write.content);
    });
});

describe("a write whose journal is the log", () => {
  it("loses no update, and needs its permit for exactly this call, once", async () => {
    const workspace = await openWorkspace();
    const write = WRITES["a longer text"];
    writeFileSync(join(workspace.worktree, "a.txt"), "theirs\n");
    expect(await keepIn(workspace, write)).toMatchObject({
      ok: false,
      error: expect.stringContaining("changed since"),
    });
    expect(textOf(workspace, "a.txt")).toBe("theirs\n");
    const permit = issuePermit({ callId: "other", argsHash: "0".repeat(64) });
    const prepared = {
      argsHash: "0".repeat(64),
      changes: [{ ...write.change, kind: "modify" as const, content: "x" }],
    };
    await expect(keepLogged(permit, workspace, { callId: "call", prepared })).rejects.toMatchObject({
      code: "ERROR_NOT_APPROVED",
    });
  });

  it("moves aside what is neither the old nor the new, and puts the new in place", async () => {
    const workspace = await openWorkspace();
    writeFileSync(join(workspace.worktree, "a.txt"), "anoth");
    expect(await finishLogged(workspace, WRITES["a longer text"])).toBe("kept");
    expect(textOf(workspace, "a.txt")).toBe("another text, and a longer one\n");
    expect(displacedIn(workspace)).toEqual(["anoth"]);
  });

  it.each([
    ["absent", undefined],
    ["empty", ""],
    ["torn", "another te\0\0\0\0"],
    ["as it was", OLD],
  ])("puts a file back that a machine gone down left %s, and leaves one that is whole", async (_how, left) => {
    const workspace = await openWorkspace();
    const write = WRITES["a longer text"];
    expect((await keepIn(workspace, write)).ok).toBe(true);
    expect(await restoreLogged(workspace, write)).toBe(false);
    const file = join(workspace.worktree, "a.txt");
    if (left === undefined) rmSync(file);
    else writeFileSync(file, left);
    expect(await restoreLogged(workspace, write)).toBe(true);
    expect(textOf(workspace, "a.txt")).toBe(write.content);
    expect(displacedIn(workspace)).toEqual(left === undefined ? [] : [left]);
  });

  it("puts back nothing but the very text that was decided", async () => {
    const workspace = await openWorkspace();
    const write = { ...WRITES["a longer text"], content: "something else\n" };
    await expect(restoreLogged(workspace, write)).rejects.toMatchObject({ code: "KEEP_UNRECOVERABLE" });
    expect(textOf(workspace, "a.txt")).toBe(OLD);
  });

  it.each([
    ["a.txt", OLD],
    ["new.txt", null],
  ])("leaves %s as it was when there is no room for the new text", async (path, before) => {
    const rig = await makeRig(writeOf(path, before, "x".repeat(100_000)));
    const { stderr } = rig.keep(STEPS, 'ulimit -f 8; exec "$@"');
    expect(stderr).toContain("EFBIG");
    expect(textOf(rig.workspace, path)).toBe(before);
    expect(rig.recorded()).toBe("");
  });

  it("says that a file is torn when it fails in the middle, and recovery writes it whole from the log", async () => {
    const write = writeOf("a.txt", "o".repeat(200_000), "n".repeat(100_000));
    const rig = await makeRig(write);
    const file = join(rig.workspace.worktree, "a.txt");
    writeFileSync(file, "o".repeat(200_000));
    const { stderr } = rig.keep(STEPS, 'ulimit -f 8; exec "$@"');
    expect(stderr).toMatch(
      /a\.txt could be written only in part \(EFBIG[^)]*\)\. `worknode continue` writes it whole\./,
    );
    expect(stderr).toContain("KEEP_TORN");
    const torn = readFileSync(file, "utf8");
    expect(torn).toMatch(/^n+o+$/);
    expect(rig.recorded()).toBe("");
    await rig.finish();
    expect(textOf(rig.workspace, "a.txt")).toBe(write.content);
    expect(rig.recorded()).toBe("kept\n");
    expect(displacedIn(rig.workspace)).toEqual([torn]);
  });
});
