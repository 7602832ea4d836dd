import { setFlagsFromString } from "node:v8";

/** What a session waits for is models and the disk: code is worth compiling for speed only once it has run a great deal. */
const LATE_OPTIMIZATION: Readonly<Record<string, string>> = {
  "20": "--interrupt-budget=1000000",
  "22": "--invocation-count-for-turbofan=60000",
  "24": "--invocation-count-for-turbofan=60000",
};
/** The heap may grow to this much more than lives in it before all of it is collected (percent); V8's own is up to 300. */
const HEAP_GROWTH = "--heap-growing-percent=120";

/**
 * What answers hooks runs the same few functions for each call a person waits for: they are compiled for speed once they have run
 * a thirteenth of what V8 waits for, which takes a quarter off a decision (docs/benchmarks.md). Tried on this line of Node alone.
 */
const EARLY_OPTIMIZATION: Readonly<Record<string, string>> = { "20": "--interrupt-budget=10000" };

/**
 * The measure is many small passes over trees, called from everywhere: to compile them into each other took a tenth to a third of its
 * processor time for C, in each thread anew (docs/benchmarks.md). Tried on this line of Node alone.
 */
const COMPILE_APART: Readonly<Record<string, string>> = { "20": "--no-turbo-inlining" };

/** What a process of this program is for. */
export type EngineUse = "session" | "answers" | "measure";

/** The flags of V8 for a use on a version of Node (`20.20.2`); none for a line of Node they were not tried on. */
export function engineFlags(version: string, use: EngineUse): readonly string[] {
  const line = version.split(".")[0] ?? "";
  if (use === "answers") return [EARLY_OPTIMIZATION[line] ?? []].flat();
  if (use === "measure") return [COMPILE_APART[line] ?? []].flat();
  const late = LATE_OPTIMIZATION[line];
  return late === undefined ? [] : [late, HEAP_GROWTH];
}

/**
 * Sets this process up for its use. A session is hours of waiting and short calls, many agents at once, and then costs less processor
 * time and memory than what V8 does for programs that compute (docs/benchmarks.md). For the program alone: a library
 * leaves its host's engine as it is.
 */
export function tuneEngine(use: EngineUse): void {
  for (const flag of engineFlags(process.versions.node, use)) setFlagsFromString(flag);
}
