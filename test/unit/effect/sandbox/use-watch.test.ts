import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { measureUse } from "../../../../src/effect/sandbox/use-watch.js";
import { isRunning } from "./fixture.js";

describe("What a command writes", () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "worknode-use-"));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  it("is measured in bytes and files, in folders without permissions too", async () => {
    mkdirSync(join(place, "closed"));
    writeFileSync(join(place, "closed/file"), "x".repeat(100_000));
    const { bytes, files } = await measureUse(place);
    expect(bytes).toBeGreaterThanOrEqual(100_000);
    expect(files).toBe(3);
  });

  it("is said not to be measured where that does not end, and nothing that measures is left behind", async () => {
    const marker = `86400.${process.pid}71`;
    const script = `/bin/sleep ${marker} & /bin/sleep ${marker}`;
    await expect(measureUse(place, { script, timeoutMs: 500 })).rejects.toMatchObject({
      code: "SANDBOX_WATCH",
      message: expect.stringContaining("did not end within 0.5 s"),
    });
    expect(isRunning(marker)).toBe(false);
  });

  it("is said not to be measured where there is nothing to measure", async () => {
    await expect(measureUse(join(place, "none"))).rejects.toMatchObject({ code: "SANDBOX_WATCH", exitCode: 2 });
  });
});
