import { createRequire } from "node:module";
import { Script } from "node:vm";
import { readPart, readScript } from "./parts.js";
import type { isPlainPlan } from "./plain-plan.js";
import type { runSingleFile } from "./run.js";

/** What the build makes of `run.ts`: a function of what a module knows of itself, which answers its exports. */
type Program = (require: NodeJS.Require, here: string) => { readonly runSingleFile: typeof runSingleFile };
/** What it makes of `plain-plan.ts`: a function of what loads the library of expressions, which few plans need. */
type Plans = (loadExpressions: () => unknown) => { readonly isPlainPlan: typeof isPlainPlan };

/**
 * The program behind the start of the single file: compiled where there is something to judge, as that takes longer than
 * all else that a change of nothing needs. Throws Fault PART_MISSING where the file was cut.
 */
export function loadProgram(): typeof runSingleFile {
  const program = compile<Program>(Buffer.from(readPart("program.js")).toString("latin1"));
  return program(createRequire(import.meta.url), import.meta.url).runSingleFile;
}

/** As `isPlainPlan`, compiled where a policy names a plan. Throws Fault PART_MISSING where the file was cut. */
export function tellPlan(text: string, path: string): boolean {
  const plans = compile<Plans>(readScript("plans.js"));
  return plans(() => compile<() => unknown>(readScript("expressions.js"))()).isPlainPlan(text, path);
}

function compile<T>(text: string): T {
  return new Script(text, { filename: "check.mjs" }).runInThisContext() as T;
}
