import { execFileSync, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
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
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"] },
    encoding: "utf8",
  });
  const lines = stderr.split("\n").filter((line) => line.startsWith("set "));
  return lines.map((line) => line.slice("set ".length));
}

it("knows only flags that this Node has, and sets none on a line of Node it was not tried on", () => {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  const flags = engineFlags(process.versions.node, "session");
  expect(flags).not.toEqual([]);
  const others = (["answers", "measure"] as const).flatMap((use) => engineFlags(process.versions.node, use));
  for (const flag of [...flags, ...others])
    expect(known).toContain(`${flag.replace(/^--no-/, "--").replace(/=.*/, "")} (`);
  for (const use of ["session", "answers", "measure"] as const)
    for (const version of ["21.7.3", "1000.0.0"]) expect(engineFlags(version, use)).toEqual([]);
  for (const use of ["answers", "measure"] as const) expect(engineFlags("20.20.2", use)).toHaveLength(1);
});

it("sets them for a session, others for what answers hooks or measures, and leaves the engine as it is for the rest", () => {
  const flags = [...engineFlags(process.versions.node, "session")];
  expect(flagsSetBy("run", "no-such-plan.yaml")).toEqual(flags);
  expect(flagsSetBy("continue")).toEqual(flags);
  expect(flagsSetBy("hook", "serve")).toEqual([...engineFlags(process.versions.node, "answers")]);
  expect(flagsSetBy("hook", "stop")).toEqual([]);
  expect(flagsSetBy("measure", "no-such-file.ts")).toEqual([...engineFlags(process.versions.node, "measure")]);
  expect(flagsSetBy("status")).toEqual([]);
});
