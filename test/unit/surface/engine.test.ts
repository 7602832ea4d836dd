import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { engineFlags } from "../../../src/surface/cli/engine.js";

const MAIN = join(import.meta.dirname, "../../../dist/main.js");
/** Loaded before the program: says which flags of V8 are set in it. */
const TELL = `data:text/javascript,${encodeURIComponent(`
import v8 from "node:v8";
import { syncBuiltinESMExports } from "node:module";
const set = v8.setFlagsFromString;
v8.setFlagsFromString = (flag) => { console.error("set", flag); set(flag); };
syncBuiltinESMExports();`)}`;

function flagsSetBy(...args: string[]): string[] {
  const { stderr } = spawnSync(process.execPath, ["--import", TELL, MAIN, ...args], {
    cwd: import.meta.dirname,
    env: { PATH: process.env["PATH"] },
    encoding: "utf8",
  });
  const lines = stderr.split("\n").filter((line) => line.startsWith("set "));
  return lines.map((line) => line.slice("set ".length));
}

it("knows only flags that this Node has, and sets none on a line of Node it was not tried on", () => {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  const flags = engineFlags(process.versions.node);
  expect(flags).not.toEqual([]);
  for (const flag of flags) expect(known).toContain(`${flag.slice(0, flag.indexOf("="))} (`);
  expect(engineFlags("21.7.3")).toEqual([]);
  expect(engineFlags("1000.0.0")).toEqual([]);
});

it("sets them for a session, and leaves the engine as it is for what computes", () => {
  const flags = [...engineFlags(process.versions.node)];
  expect(flagsSetBy("run", "no-such-plan.yaml")).toEqual(flags);
  expect(flagsSetBy("continue")).toEqual(flags);
  expect(flagsSetBy("measure", "no-such-file.ts")).toEqual([]);
});
