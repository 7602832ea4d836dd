import { setFlagsFromString } from "node:v8";

/** What a session waits for is models and the disk: code is worth compiling for speed only once it has run a great deal. */
const LATE_OPTIMIZATION: Readonly<Record<string, string>> = {
  "20": "--interrupt-budget=1000000",
  "22": "--invocation-count-for-turbofan=60000",
  "24": "--invocation-count-for-turbofan=60000",
};
/** The heap may grow to this much more than lives in it before all of it is collected (percent); V8's own is up to 300. */
const HEAP_GROWTH = "--heap-growing-percent=120";

/** The flags of V8 for a session on a version of Node (`20.20.2`); none for a line of Node they were not tried on. */
export function engineFlags(version: string): readonly string[] {
  const late = LATE_OPTIMIZATION[version.split(".")[0] ?? ""];
  return late === undefined ? [] : [late, HEAP_GROWTH];
}

/**
 * Sets this process up for a session: hours of waiting and short calls, many agents at once. It costs less processor
 * time and memory than what V8 does for programs that compute (docs/benchmarks.md). For the program alone: a library
 * leaves its host's engine as it is.
 */
export function tuneEngine(): void {
  for (const flag of engineFlags(process.versions.node)) setFlagsFromString(flag);
}
