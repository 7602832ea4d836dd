import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import type { KeepChange } from "../../src/effect/keep/prepared.js";
import { changedFiles } from "../../src/effect/workspace/tree.js";
import type { TaskWorkspace } from "../../src/effect/workspace/workspace.js";
import { sha256Hex } from "../../src/kernel/canonical.js";
import { makeRepository, openTask, temporaryDirectory } from "../unit/effect/fixture.js";
import type { KeepOrder } from "./child/keep.js";

/** What a structured write and a command may leave: contents, a layer's file, a mode, a folder. */
const changesFrom = (layer: string): readonly KeepChange[] => [
  { path: "a.txt", kind: "modify", before: sha256Hex("one\n"), after: sha256Hex("changed\n"), content: "changed\n" },
  { path: "new/deep.txt", kind: "add", before: null, after: sha256Hex("deep\n"), content: "deep\n" },
  { path: "run.sh", kind: "mode", before: sha256Hex("#!/bin/sh\n"), after: sha256Hex("#!/bin/sh\n"), mode: 0o755 },
  { path: "built.bin", kind: "add", before: null, after: sha256Hex("built\n"), sourceFile: join(layer, "built.bin") },
  { path: "made/folder", kind: "add", before: null, after: null },
];
/** checked, staged, journaled, five renames, applied, recorded, dropped. */
const STEPS = 11;
/** From this many steps on, the call is decided. */
const DECIDED = 2;

let program = "";
beforeAll(async () => {
  program = join(temporaryDirectory(), "keep.mjs");
  const entryPoints = [resolve(import.meta.dirname, "child/keep.ts")];
  await build({ entryPoints, outfile: program, bundle: true, platform: "node", format: "esm", logLevel: "error" });
});

interface Rig {
  readonly workspace: TaskWorkspace;
  readonly recordFile: string;
  run(verb: KeepOrder["verb"], killAfter: number): { killed: boolean; steps: number };
}

async function makeRig(): Promise<Rig> {
  const workspace = await openTask(await makeRepository({ "a.txt": "one\n", "run.sh": "#!/bin/sh\n" }).find());
  const directory = temporaryDirectory();
  const recordFile = join(directory, "recorded");
  writeFileSync(recordFile, "");
  writeFileSync(join(directory, "built.bin"), "built\n");
  const { worktree, taskDir, journalDir } = workspace;
  return {
    workspace,
    recordFile,
    run: (verb, killAfter) => {
      const order: KeepOrder = {
        workspace: { worktree, taskDir, journalDir },
        verb,
        changes: changesFrom(directory),
        killAfter,
        recordFile,
      };
      writeFileSync(join(directory, "order.json"), JSON.stringify(order));
      const child = spawnSync(process.execPath, [program, join(directory, "order.json")], { encoding: "utf8" });
      if (child.status !== 0 && child.signal !== "SIGKILL") throw new Error(child.stderr);
      return { killed: child.signal === "SIGKILL", steps: Number(child.stdout) };
    },
  };
}

async function expectKept({ workspace, recordFile }: Rig): Promise<void> {
  expect((await changedFiles(workspace)).map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    "modify a.txt",
    "add built.bin",
    "add new/deep.txt",
    "mode run.sh",
  ]);
  expect(readFileSync(join(workspace.worktree, "a.txt"), "utf8")).toBe("changed\n");
  expect(readdirSync(join(workspace.worktree, "made/folder"))).toEqual([]);
  expect(readFileSync(recordFile, "utf8")).toBe("call\n");
  expect(readdirSync(workspace.journalDir)).toEqual([]);
}

async function expectNothing({ workspace, recordFile }: Rig): Promise<void> {
  expect(await changedFiles(workspace)).toEqual([]);
  for (const path of ["new", "made"]) expect(existsSync(join(workspace.worktree, path))).toBe(false);
  expect(readFileSync(recordFile, "utf8")).toBe("");
  expect(readdirSync(workspace.journalDir)).toEqual([]);
}

describe("kill -9 while a call is kept", () => {
  it("passes every step when it is left alone", async () => {
    const rig = await makeRig();
    expect(rig.run("keep", STEPS)).toEqual({ killed: false, steps: STEPS });
    await expectKept(rig);
  });

  for (let step = 0; step < STEPS; step += 1)
    it(`after step ${step} leaves ${step >= DECIDED ? "the whole call, recorded once" : "nothing, and the call can run again"}`, async () => {
      const rig = await makeRig();
      expect(rig.run("keep", step).killed).toBe(true);
      expect(rig.run("recover", STEPS).killed).toBe(false);
      if (step >= DECIDED) await expectKept(rig);
      else await expectNothing(rig);
      expect(rig.run("recover", STEPS).killed).toBe(false);
      if (step >= DECIDED) return expectKept(rig);
      await expectNothing(rig);
      expect(rig.run("keep", STEPS).killed).toBe(false);
      return expectKept(rig);
    });

  it("is survived in the middle of recovery too, again and again", async () => {
    const rig = await makeRig();
    expect(rig.run("keep", DECIDED).killed).toBe(true);
    for (let step = 0; step < 6; step += 1) expect(rig.run("recover", step % 3).killed).toBe(true);
    expect(rig.run("recover", STEPS).killed).toBe(false);
    await expectKept(rig);
  });

  it("does not hide a lost update behind the crash", async () => {
    const rig = await makeRig();
    expect(rig.run("keep", 1).killed).toBe(true);
    expect(rig.run("recover", STEPS).killed).toBe(false);
    writeFileSync(join(rig.workspace.worktree, "a.txt"), "theirs\n");
    rmSync(rig.recordFile);
    writeFileSync(rig.recordFile, "");
    rig.run("keep", STEPS);
    expect(readFileSync(join(rig.workspace.worktree, "a.txt"), "utf8")).toBe("theirs\n");
    expect(readFileSync(rig.recordFile, "utf8")).toBe("");
  });
});
