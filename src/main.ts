#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import type { runShort } from "./surface/cli/short.js";

/** The commands people and prompts give all day: start-up is nearly all they cost (docs/adr/0010). */
const SHORT: ReadonlySet<string> = new Set(["continue --brief", "status"]);

const args = process.argv.slice(2);
if (!SHORT.has(args.join(" ")) || !loadShort()(args)) {
  void import("./surface/cli/process.js").then(({ runProcess }) => runProcess(args));
}

/**
 * The short commands, from `short.js` beside this file once built: from their compiled form where the build was
 * made by this version of Node, compiled anew where not.
 */
function loadShort(): typeof runShort {
  const directory = dirname(import.meta.url);
  const filename = join(directory, "short.js");
  const cachedData = readIfThere(join(directory, `short-${process.version}-${process.arch}.cache`));
  const script = new Script(readFileSync(filename, "utf8"), { filename, ...(cachedData && { cachedData }) });
  return script.runInThisContext()(filename).runShort;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
