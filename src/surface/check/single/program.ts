import { createRequire } from "node:module";
import { Script } from "node:vm";
import { readPart } from "./parts.js";
import type { runSingleFile } from "./run.js";

/** What the build makes of `run.ts`: a function of what a module knows of itself, which answers its exports. */
type Program = (require: NodeJS.Require, here: string) => { readonly runSingleFile: typeof runSingleFile };

/**
 * The program behind the start of the single file: compiled where there is something to judge, as that takes longer than
 * all else that a change of nothing needs. Throws Fault PART_MISSING where the file was cut.
 */
export function loadProgram(): typeof runSingleFile {
  const text = Buffer.from(readPart("program.js")).toString("latin1");
  const program = new Script(text, { filename: "check.mjs" }).runInThisContext() as Program;
  return program(createRequire(import.meta.url), import.meta.url).runSingleFile;
}
