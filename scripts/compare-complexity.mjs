// Compares `worknode measure` with pmccabe's traditional figure on every C function below a folder, and says why
// each difference is one. Needs pmccabe (Debian: apt-get install pmccabe). node scripts/compare-complexity.mjs DIR
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const OUTPUT_BYTES = 1024 * 1024 * 1024;
const [directory = "."] = process.argv.slice(2);
process.chdir(directory);

const report = JSON.parse(
  execFileSync(process.execPath, [MAIN, "measure", ".", "--format", "json"], { maxBuffer: OUTPUT_BYTES }),
);
const partial = new Set(report.files.filter(({ parse }) => parse !== "ok").map(({ path }) => path));
const ours = new Map();
for (const one of report.functions) {
  const key = `${one.file} ${one.name}`;
  ours.set(key, [...(ours.get(key) ?? []), one]);
}
const theirs = report.files
  .filter(({ language, path }) => language === "c" && path.endsWith(".c"))
  .flatMap(({ path }) => execFileSync("pmccabe", [path], { maxBuffer: OUTPUT_BYTES, encoding: "utf8" }).split("\n"))
  .flatMap(parseRow);

/** Columns: modified, traditional, statements, first line, lines, `file(line): name`. */
function parseRow(row) {
  const [, traditional, , line, lines, place = ""] = row.split("\t");
  const found = /^(.*)\(\d+\): (\S+)/.exec(place);
  if (found === null) return [];
  return [
    { file: found[1], name: found[2], complexity: Number(traditional), line: Number(line), lines: Number(lines) },
  ];
}

/** Why the two may differ. */
function classOf({ file, name, line, lines }) {
  if (name === "__attribute__") return "pmccabe takes an attribute for the name";
  const text = readFileSync(file, "latin1")
    .split("\n")
    .slice(line - 1, line - 1 + lines)
    .join("\n");
  if (/^\s*#\s*(if|el)/m.test(text)) return "pmccabe skips branches of #if, worknode counts all";
  return partial.has(file) ? "a macro that no grammar reads: unknown to worknode" : "unexplained";
}

const classes = {};
let equal = 0;
for (const row of theirs) {
  const namesakes = ours.get(`${row.file} ${row.name}`) ?? [];
  const mine = namesakes.find(({ line }) => Math.abs(line - row.line) <= 3) ?? namesakes[0];
  if (mine?.complexity === row.complexity) equal += 1;
  else classes[classOf(row)] = (classes[classOf(row)] ?? 0) + 1;
}
console.log(`${theirs.length} functions, ${equal} equal (${((100 * equal) / theirs.length).toFixed(2)} %)`);
for (const [why, count] of Object.entries(classes)) console.log(`${count}  ${why}`);
