import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { discardLayer, openLayer } from "../../src/effect/sandbox/layer.js";
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
    expect(run.stopped ?? `exit ${run.exit_code}`).toMatch(/^(output|timeout|exit [1-9]\d*)$/);
    expect(run.stdout.length).toBeLessThan(2 * 1024 * 1024);
    expect(isRunning(marker)).toBe(false);
    await discardLayer(bench.spec.layer);
    expect(existsSync(bench.spec.layer.dir)).toBe(false);
  });
});
