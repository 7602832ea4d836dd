// Leaves the compiled form of dist/program.js beside it, for the Node that runs this: each verb is loaded, and a plan
// explained, so that what a start calls is compiled, too. Another Node, or another processor, compiles anew.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const filename = join(dist, "program.js");
const script = new Script(readFileSync(filename, "latin1"), { filename });
const { runProcess, VERBS } = script.runInThisContext()(filename);
for (const { load } of Object.values(VERBS)) await load();
await runProcess(["plan", "explain", join(dist, "../plans/demo/plan.yaml")]);
if (process.exitCode !== 0) throw new Error("worknode plan explain does not run");
writeFileSync(join(dist, `program-${process.version}-${process.arch}.cache`), script.createCachedData());
