// Counts what `worknode measure` finds of the Power of Ten below each folder, by rule, as `fail / unknown`: the table
// of docs/power-of-ten.md. Needs `npm run build`. node scripts/count-findings.mjs DIR…
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const OUTPUT_BYTES = 1024 * 1024 * 1024;

function countIn(directory) {
  const options = { cwd: directory, maxBuffer: OUTPUT_BYTES };
  const { functions } = JSON.parse(execFileSync(process.execPath, [MAIN, "measure", ".", "--format", "json"], options));
  const counts = new Map();
  for (const { rule, verdict } of functions.flatMap(({ findings }) => findings)) {
    const known = counts.get(rule) ?? { fail: 0, unknown: 0 };
    counts.set(rule, { ...known, [verdict]: known[verdict] + 1 });
  }
  return { directory, functions: functions.length, counts };
}

const columns = process.argv.slice(2).map(countIn);
const rules = [...new Set(columns.flatMap(({ counts }) => [...counts.keys()]))].sort((a, b) =>
  a.localeCompare(b, "en", { numeric: true }),
);
const cell = ({ fail, unknown } = { fail: 0, unknown: 0 }) => `${fail} / ${unknown}`;
const row = (cells) => console.log(`| ${cells.join(" | ")} |`);
row(["rule", ...columns.map(({ directory, functions }) => `${directory} (${functions} functions)`)]);
row(["rule", ...columns].map(() => "---"));
for (const rule of rules) row([`\`${rule}\``, ...columns.map(({ counts }) => cell(counts.get(rule)))]);
