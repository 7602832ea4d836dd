// What the bench of C runs as a process of its own: measures files, and prints complexity, length and parameters of each
// function, a line each. node bench/c-figures.mjs BUNDLE GRAMMARS FILE…
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [bundle, grammars, ...files] = process.argv.slice(2);
const { loadGrammars, measureFigures } = await import(pathToFileURL(bundle).href);
await loadGrammars(["c"], grammars);
const rows = files.flatMap((path) =>
  measureFigures(path, readFileSync(path, "utf8")).functions.map(
    ({ complexity, length, parameters, line, end_line, name }) =>
      `${complexity} ${length} ${parameters} ${name}@${line}-${end_line}@${path}`,
  ),
);
if (rows.length === 0) throw new Error("no function was found");
process.stdout.write(`${rows.join("\n")}\n`);
