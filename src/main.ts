#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import type { runProcess } from "./surface/cli/process.js";
import type { runShort } from "./surface/cli/short.js";

/** The commands people and prompts give all day: start-up is nearly all they cost (docs/adr/0010). */
const SHORT: ReadonlySet<string> = new Set(["continue --brief", "status"]);

const args = process.argv.slice(2);
if (!SHORT.has(args.join(" ")) || !load<{ runShort: typeof runShort }>("short").runShort(args))
  void load<{ runProcess: typeof runProcess }>("program").runProcess(args);

/**
 * What a script beside this file exports, once built: from its compiled form where the build was made by this version
 * of Node, compiled anew where not. Both are ASCII.
 */
function load<T>(name: string): T {
  const directory = dirname(import.meta.url);
  const filename = join(directory, `${name}.js`);
  const cachedData = readIfThere(join(directory, `${name}-${process.version}-${process.arch}.cache`));
  const script = new Script(readFileSync(filename, "latin1"), { filename, ...(cachedData && { cachedData }) });
  return script.runInThisContext()(filename) as T;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
