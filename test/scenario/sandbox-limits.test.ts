import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { discardLayer, openLayer } from "../../src/effect/sandbox/layer.js";
import { MAX_SANDBOX_STAGE_BYTES } from "../../src/kernel/bounds.js";
import { type Bench, describeWalls, isRunning } from "../unit/effect/sandbox/fixture.js";

const LAYER_BYTES = 4 * 1024 * 1024;

/** A small file system for a layer; undefined where it cannot be mounted. Unmounted by `unmount`. */
function mountSmall(): string | undefined {
  const place = mkdtempSync(join(tmpdir(), "worknode-small-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${LAYER_BYTES}`, "worknode-test", place], { stdio: "ignore" });
    return place;
  } catch {
    rmSync(place, { recursive: true });
    return undefined;
  }
}
function unmount(place: string): void {
  execFileSync("umount", [place]);
  rmSync(place, { recursive: true });
}

const tried = mountSmall();
if (tried !== undefined) unmount(tried);

describeWalls("A command that would take everything", (openBench) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.dispose());

  it.skipIf(tried === undefined)(
    "is told that the disk of its layer is full, and nothing is lost [needs root]",
    async () => {
      const small = mountSmall() ?? "";
      try {
        const layer = await openLayer(join(small, "layer"));
        const script = "head -c 8000000 /dev/zero > big; echo $?; sed -i s/alpha/beta/ a.txt; echo $?; cat a.txt";
        const run = await bench.sh(script, { layer });
        expect(run.stderr).toContain("No space left on device");
        expect(run.stdout).toMatch(/^1\n[1-9]\d*\nalpha\n$/);
        expect(readFileSync(join(bench.spec.lower, "a.txt"), "utf8")).toBe("alpha\n");
        await discardLayer(layer);
        expect(existsSync(layer.dir)).toBe(false);
      } finally {
        unmount(small);
      }
    },
  );

  it("by endless output, forks and files at once is stopped, and leaves no process and no layer", async () => {
    const marker = `7321.${process.pid}`;
    const script = `for i in 1 2 3 4; do (while :; do sleep ${marker} & done) & done; yes > big & mkdir many; i=0; while :; do i=$((i+1)); : > many/$i; done & yes`;
    const run = await bench.sh(script, { timeoutMs: 10_000 });
    // A shell that can fork no more may also give up by itself, before the time or the output ends it.
    expect(run.stopped ?? `exit ${run.exit_code}`).toMatch(/^(output|timeout|disk|memory|exit [1-9]\d*)$/);
    expect(run.stdout.length).toBeLessThan(2 * 1024 * 1024);
    expect(isRunning(marker)).toBe(false);
    await discardLayer(bench.spec.layer);
    expect(existsSync(bench.spec.layer.dir)).toBe(false);
  });

  const MB = 1_000_000;
  const marker = `4321.${process.pid}`;
  const forever = (step: string): string => `sleep ${marker} & while :; do ${step}; sleep 0.05; done`;

  it.each([
    ["many files", `i=0; ${forever("i=$((i+1)); head -c 2000000 /dev/zero > f$i")}`],
    ["scratch", `mkdir coverage; i=0; ${forever("i=$((i+1)); head -c 2000000 /dev/zero > coverage/f$i")}`],
    [
      "folders it locks itself out of",
      `i=0; ${forever("i=$((i+1)); mkdir d$i; head -c 2000000 /dev/zero > d$i/f; chmod 0 d$i")}`,
    ],
    ["a file it removed and keeps open", `exec 9> f; rm f; ${forever("head -c 2000000 /dev/zero >&9")}`],
    ["a linked dependency", `i=0; ${forever("i=$((i+1)); head -c 2000000 /dev/zero > node_modules/f$i")}`],
    ["one file, and ends before anybody looks", "head -c 20000000 /dev/zero > big"],
  ])("by writing %s is stopped, and leaves nothing running", async (_, script) => {
    const run = await bench.sh(script, { limits: { diskBytes: 12 * MB } });
    expect(run).toMatchObject({ stopped: "disk", exit_code: null });
    expect(isRunning(marker)).toBe(false);
    await discardLayer(bench.spec.layer);
    expect(existsSync(bench.spec.layer.dir)).toBe(false);
  });

  it("by the names of files that hold nothing is stopped, in scratch as well, and may clear those of scratch", async () => {
    const make = `mkdir coverage; perl -e 'for (1 .. 3000) { open F, ">", "coverage/$_" }'; sleep ${marker}`;
    expect(await bench.sh(make, { limits: { files: 2_000 } })).toMatchObject({ stopped: "disk", exit_code: null });
    expect(isRunning(marker)).toBe(false);
    const scratch = join(bench.dir, "scratch");
    mkdirSync(join(scratch, "coverage"), { recursive: true });
    for (let index = 0; index < 2_500; index += 1) writeFileSync(join(scratch, "coverage", String(index)), "");
    const others = { scratch, limits: { files: 2_000 } };
    const layer = await openLayer(join(bench.dir, "state", "another"));
    expect(await bench.sh("rm -r coverage; sleep 1", { layer, ...others })).toMatchObject({ stopped: null });
    const more = await openLayer(join(bench.dir, "state", "third"));
    const add = `perl -e 'for (1 .. 1500) { open F, ">", "coverage/new$_" }'`;
    expect(await bench.sh(add, { layer: more, ...others })).toMatchObject({ stopped: "disk" });
  });

  it("may clear the task's scratch when that alone is too much, and may not add to it", async () => {
    const scratch = join(bench.dir, "scratch");
    mkdirSync(join(scratch, "coverage"), { recursive: true });
    writeFileSync(join(scratch, "coverage/old"), Buffer.alloc(16 * MB, 1));
    const limits = { diskBytes: 12 * MB };
    expect(await bench.sh("rm -r coverage; sleep 1", { scratch, limits })).toMatchObject({ stopped: null });
    const layer = await openLayer(join(bench.dir, "state", "another"));
    const more = await bench.sh("head -c 2000000 /dev/zero > coverage/new", { layer, scratch, limits });
    expect(more.stopped).toBe("disk");
  });

  const hold = "$x = q(a) x 40e6; sleep 60";
  it.each([
    ["one process", `sleep ${marker} & perl -e '${hold}'`],
    [
      "many processes that hold little each",
      `for i in 1 2 3 4 5 6 7 8 9; do perl -e '$x = q(a) x 9e6; sleep ${marker}' & done; wait`,
    ],
    ["detached processes", `setsid nohup perl -e '${hold}' & sleep ${marker}`],
    [
      "a nameless file in memory",
      `perl -e '$n = "x"; open(F, ">&=", syscall(${process.arch === "x64" ? 319 : 279}, $n, 0)); $| = 1; print F q(a) x 1e6 for 1 .. 90; sleep ${marker}'`,
    ],
  ])("by the memory of %s is stopped, and leaves nothing running", async (_, script) => {
    const run = await bench.sh(script, { limits: { memoryBytes: 64 * MB } });
    expect(run).toMatchObject({ stopped: "memory", exit_code: null });
    expect(isRunning(marker)).toBe(false);
  });

  it("within its memory is not stopped for pages that its processes share", async () => {
    const script = "perl -e '$x = q(a) x 30e6; for (1 .. 4) { fork or do { sleep 2; exit } } wait for 1 .. 4; print 1'";
    const run = await bench.sh(script, { limits: { memoryBytes: 120 * MB } });
    expect(run).toMatchObject({ stopped: null, stdout: "1" });
  });

  it("in /tmp has a bounded place", async () => {
    const run = await bench.sh("df --output=size -B1 /tmp /var/tmp /dev/shm | sort -u | grep -v blocks");
    expect(run.stdout.trim()).toBe(String(MAX_SANDBOX_STAGE_BYTES));
  });
});
