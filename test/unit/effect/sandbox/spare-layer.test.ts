import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { placesOf } from "../../../../src/effect/sandbox/layer.js";
import { type TakenLayer, takeLayer } from "../../../../src/effect/sandbox/spare-layer.js";
import type { SandboxRun } from "../../../../src/effect/sandbox/spec.js";
import { runCommandTool } from "../../../../src/effect/tool/command-tool.js";
import type { TaskWorkspace } from "../../../../src/effect/workspace/workspace.js";
import { issuePermit } from "../../../../src/gate/permit.js";
import { hashOf } from "../../../../src/kernel/canonical.js";
import { type Bench, describeWalls } from "./fixture.js";

/** Longer than two ticks of any kernel. */
const TICKS_MS = 50;

describeWalls("The layer of a task's commands", (openBench) => {
  let bench: Bench;
  let layers: string;
  beforeEach(async () => {
    bench = await openBench();
    layers = join(bench.dir, "state/layers");
  });
  afterEach(() => bench.dispose());

  const take = (name: string): Promise<TakenLayer> => takeLayer(join(layers, name), bench.spec.links.length);
  const inodeOf = ({ layer }: TakenLayer): number => lstatSync(layer.upper).ino;

  /** When the folders of a layer that commands write to were made. */
  const bornAt = ({ layer }: TakenLayer): bigint[] =>
    placesOf(layer, bench.spec.links.length).map(({ upper }) => lstatSync(upper, { bigint: true }).birthtimeNs);

  /** Runs one command in a layer of its own. */
  async function use(name: string, command: string): Promise<void> {
    const taken = await take(name);
    expect(await bench.sh(command, { layer: taken.layer })).toMatchObject({ exit_code: 0 });
    await taken.discard(true);
  }

  it("waits for the next command when nothing was written, and holds nothing of an earlier mount", async () => {
    await use("one", "cat a.txt node_modules/.bin/hello; cd src; ls");
    expect(readdirSync(layers)).toEqual(["spare"]);
    await sleep(TICKS_MS);
    const first = lstatSync(join(layers, "spare/upper"), { bigint: true }).birthtimeNs;
    for (const name of ["two", "three"]) {
      await use(name, "true");
      expect(lstatSync(join(layers, "spare/upper"), { bigint: true }).birthtimeNs).toBe(first);
    }
    expect(readdirSync(layers)).toEqual(["spare"]);
    expect(readdirSync(join(layers, "spare")).sort()).toEqual(["links", "upper", "work"]);
  });

  it.each([
    ["writes", "echo x > new"],
    ["writes and removes", "echo x > new; rm new"],
    ["writes deep", "echo x > src/deep/new; rm src/deep/new"],
    ["deletes", "rm a.txt"],
    ["changes the mode of the workspace", "chmod 700 ."],
    ["changes it and back", "chmod 700 .; chmod 755 ."],
    ["dates it", "touch -d 2001-01-01 ."],
    ["writes into a linked folder", "echo x > node_modules/new"],
    ["changes the mode of a linked folder", "chmod 700 node_modules"],
  ])("is removed after a command that %s", async (_, command) => {
    await use("one", command);
    expect(readdirSync(layers)).toEqual([]);
  });

  it("gives none of its folders on that were changed in the tick they were handed out in, whatever their times say", async () => {
    const young = await take("one");
    const made = bornAt(young);
    await sleep(TICKS_MS);
    await young.discard(true);
    const old = await take("two");
    expect(bornAt(old).every((ns, index) => ns > (made[index] ?? ns))).toBe(true);
    expect(readdirSync(old.layer.dir).sort()).toEqual(["links", "upper", "work"]);
    await old.discard(true);
    await sleep(TICKS_MS);
    const kept = await take("three");
    const before = bornAt(kept);
    await kept.discard(true);
    expect(bornAt(await take("four"))).toEqual(before);
  });

  it("is one for each of two commands at once, of which one waits", async () => {
    await use("first", "true");
    const [one, two] = [await take("one"), await take("two")];
    expect(inodeOf(one)).not.toBe(inodeOf(two));
    expect(readdirSync(layers).sort()).toEqual(["one", "two"]);
    await one.discard(true);
    await two.discard(true);
    expect(readdirSync(layers)).toEqual(["spare"]);
  });

  it("does not wait after a command that was stopped, as something may still hold it", async () => {
    const taken = await take("one");
    await bench.sh("sleep 60", { layer: taken.layer, timeoutMs: 300 });
    expect(taken.isUntouched()).toBe(true);
    await taken.discard(false);
    expect(readdirSync(layers)).toEqual([]);
  });

  it("is empty whatever an interrupted run of the same call left in it", async () => {
    mkdirSync(join(layers, "one/upper/left"), { recursive: true });
    writeFileSync(join(layers, "one/upper/left/f"), "x");
    const taken = await take("one");
    expect(readdirSync(taken.layer.upper)).toEqual([]);
  });

  it("is told apart by any change that leaves its names and mode as they were", async () => {
    const taken = await take("one");
    const { upper } = taken.layer;
    expect(taken.isUntouched()).toBe(true);
    utimesSync(upper, 1, 1);
    expect(taken.isUntouched()).toBe(false);
    rmSync(upper, { recursive: true });
    expect(taken.isUntouched()).toBe(false);
    mkdirSync(upper);
    chmodSync(upper, 0o755);
    expect(taken.isUntouched()).toBe(false);
  });

  /** A whole call of `Bash`, up to the look at what it left. */
  async function call(callId: string, command: string, timeoutMs: number): Promise<SandboxRun> {
    const args = { command };
    const permit = issuePermit({ callId, argsHash: hashOf(args) });
    const workspace = { layerDir: layers, scratchDir: join(bench.dir, "none"), worktree: bench.spec.lower };
    const scratch = { patterns: [], isDenied: () => false, named: [] };
    const options = { setting: bench.spec, timeoutMs, signal: new AbortController().signal, scratch };
    const ran = await runCommandTool(permit, workspace as unknown as TaskWorkspace, { callId, args }, options);
    expect(ran.changes).toEqual([]);
    await ran.discard();
    return ran.run;
  }

  it("is what a whole call leaves when it only looked, and nothing when it was stopped", async () => {
    expect(await call("c1", "sleep 60", 300)).toMatchObject({ stopped: "timeout" });
    expect(readdirSync(layers)).toEqual([]);
    expect(await call("c2", "ls", 60_000)).toMatchObject({ exit_code: 0 });
    expect(readdirSync(layers)).toEqual(["spare"]);
    expect(await call("c3", "sleep 60", 300)).toMatchObject({ stopped: "timeout" });
    expect(readdirSync(layers)).toEqual([]);
  });
});
