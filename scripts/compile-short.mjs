// Leaves the compiled form of dist/short.js beside it, for the Node that runs this: each command runs once, so that
// what they call is compiled, too. Another Node, or another processor, has a file of another name and compiles anew.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { loadStore, makeRepository } from "./sample-log.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const filename = join(dist, "short.js");
const repository = mkdtempSync(join(dist, ".sample-"));
try {
  makeRepository(await loadStore(repository), repository, 2_000);
  process.chdir(repository);
  const script = new Script(readFileSync(filename, "latin1"), { filename });
  const { runShort } = script.runInThisContext()(filename);
  // They would leave at once; this process has still to keep what was compiled.
  process.exit = () => undefined;
  for (const args of [["continue", "--brief"], ["status"]])
    if (!runShort(args) || process.exitCode !== 0) throw new Error(`worknode ${args.join(" ")} does not run`);
  const name = `short-${process.version}-${process.arch}.cache`;
  writeFileSync(join(dist, name), script.createCachedData());
} finally {
  process.chdir(dist);
  rmSync(repository, { recursive: true, force: true });
}
