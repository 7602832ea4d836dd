// What the bench of C runs the measures in: a line of its input measures all files once and answers the processor time (ns).
// node bench/c-rounds.mjs BUNDLE GRAMMARS FILE…
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [bundle, grammars, ...files] = process.argv.slice(2);
const { loadGrammars, measureFigures } = await import(pathToFileURL(bundle).href);
await loadGrammars(["c"], grammars);
for await (const _ of createInterface({ input: process.stdin })) {
  const before = process.cpuUsage();
  const functions = files.reduce(
    (sum, path) => sum + measureFigures(path, readFileSync(path, "utf8")).functions.length,
    0,
  );
  if (functions === 0) throw new Error("no function was found");
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) * 1_000);
}
