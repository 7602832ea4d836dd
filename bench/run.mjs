// Ratios within one run, as a table: `npm run bench` (after a build), or `npm run bench -- <name>…` for some of its
// parts. Absolute times depend on the machine and are not shown; each row compares two things measured side by side.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Parts by name; each gives its rows. */
const PARTS = {
  gate: () => rowsOf("gate.mjs"),
  measure: () => rowsOf("measure.mjs"),
  sandbox: () => rowsOf("sandbox.mjs"),
  brief: () => rowsOf("brief.mjs"),
  hooks: () => rowsOf("hooks.mjs"),
  memory: () => rowsOf("memory.mjs"),
  check: () => rowsOf("check.mjs"),
  overnight: () => rowsOf("overnight.mjs"),
  "one agent writes": (name) => rowsOf("crew.mjs", name),
  "one agent reads": (name) => rowsOf("crew.mjs", name),
  "many agents": (name) => rowsOf("crew.mjs", name),
};

/** Rows of a bench of its own, one JSON object a line. */
function rowsOf(name, ...args) {
  const run = spawnSync(process.execPath, [join(ROOT, "bench", name), ...args], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`bench/${name} failed: ${run.stderr}`);
  const lines = run.stdout.split("\n").filter((line) => line.startsWith("{"));
  return lines
    .map((line) => JSON.parse(line))
    .filter((row) => typeof row.limit === "number" || typeof row.note === "string");
}

/** The parts whose names hold one of the words given; all without any. */
function partsFor(words) {
  const all = Object.keys(PARTS);
  const unknown = words.filter((word) => !all.some((name) => name.includes(word)));
  if (unknown.length > 0) throw new Error(`no part is called ${unknown.join(", ")}; there are: ${all.join(", ")}`);
  return words.length === 0 ? all : all.filter((name) => words.some((word) => name.includes(word)));
}

/** Rows as they are read; those of a part when it ends, so that a run that is stopped has shown what it measured. */
function print(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, ratio, limit, note } of rows)
    console.log(
      note === undefined
        ? `${name.padEnd(width)}  ${String(ratio).padStart(6)}  limit ${limit}  ${ratio <= limit ? "ok" : "OVER"}`
        : `${name.padEnd(width)}  ${note}`,
    );
}

for (const name of partsFor(process.argv.slice(2))) print(PARTS[name](name));
