import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, expect, it } from "vitest";
import { packageFile } from "../../../src/crew/state/package-file.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "worknode-package-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("finds what is shipped from where the sources are", () => {
  expect(packageFile("agents", "executive.md")).toBe(resolve("agents/executive.md"));
});

it("looks for its own folder once, so that a run goes on while the program is installed anew", async () => {
  const outfile = join(folder, "dist/surface/package-file.mjs");
  buildSync({
    entryPoints: [resolve("src/crew/state/package-file.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
  });
  const built = (await import(outfile)) as typeof import("../../../src/crew/state/package-file.js");
  expect(() => built.packageFile("agents")).toThrowError("worknode's own files are missing");
  mkdirSync(join(folder, "capabilities"));
  expect(built.packageFile("agents")).toBe(join(folder, "agents"));
  rmSync(join(folder, "capabilities"), { recursive: true });
  expect(built.packageFile("plans", "demo")).toBe(join(folder, "plans/demo"));
});
