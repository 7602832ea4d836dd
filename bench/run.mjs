// Ratios within one run, as a table: `npm run bench` (after a build), or `npm run bench -- <name>…` for some of its
// parts. Absolute times depend on the machine and are not shown; each row compares two things measured side by side.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAIN = join(ROOT, "dist", "main.js");
const PAIRS = 15;

/** Parts by name; each gives its rows. */
const PARTS = {
  gate: () => rowsOf("gate.mjs"),
  measure: () => rowsOf("measure.mjs"),
  sandbox: () => rowsOf("sandbox.mjs"),
  brief: () => [briefRow()],
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

/** A repository with one cycle, made by a real call, so that `continue --brief` has something to say. */
function makeRepository(base) {
  const dir = join(base, "repo");
  mkdirSync(dir);
  const env = { PATH: process.env.PATH, HOME: base, XDG_STATE_HOME: join(base, "state"), LANG: "C.UTF-8" };
  const run = (command, args) => {
    const done = spawnSync(command, args, { cwd: dir, env, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`);
  };
  const plan = join(ROOT, "plans", "minimal.yaml");
  run("git", ["init", "-q"]);
  run("git", ["-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-q", "--allow-empty", "-m", "base"]);
  const task = spawnSync(process.execPath, [MAIN, "plan", "explain", plan], { encoding: "utf8" }).stdout.match(
    /Task (\S+):/,
  )?.[1];
  run(process.execPath, [MAIN, "tool", "Glob", '{"pattern":"**"}', "--plan", plan, "--task", task ?? "", "--yes"]);
  return { dir, env };
}

/** Elapsed time of one whole process (ns). */
function elapsedOf(args, options) {
  const start = process.hrtime.bigint();
  const done = spawnSync(process.execPath, args, { ...options, stdio: "ignore" });
  if (done.status !== 0) throw new Error(`node ${args.join(" ")} ended with ${done.status}`);
  return Number(process.hrtime.bigint() - start);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** `continue --brief` as a whole process against `node -e 0`, in turn, so that both see the same machine. */
function briefRow() {
  const base = mkdtempSync(join(tmpdir(), "worknode-bench-"));
  try {
    const { dir, env } = makeRepository(base);
    const ratios = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const bare = elapsedOf(["-e", "0"], { cwd: dir, env });
      ratios.push(elapsedOf([MAIN, "continue", "--brief"], { cwd: dir, env }) / bare);
    }
    return { name: "continue --brief / node -e 0 (small log)", ratio: Number(median(ratios).toFixed(2)), limit: 1.5 };
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** The parts whose names hold one of the words given; all without any. */
function partsFor(words) {
  const all = Object.keys(PARTS);
  const unknown = words.filter((word) => !all.some((name) => name.includes(word)));
  if (unknown.length > 0) throw new Error(`no part is called ${unknown.join(", ")}; there are: ${all.join(", ")}`);
  return words.length === 0 ? all : all.filter((name) => words.some((word) => name.includes(word)));
}

const rows = partsFor(process.argv.slice(2)).flatMap((name) => PARTS[name](name));
const width = Math.max(...rows.map(({ name }) => name.length));
for (const { name, ratio, limit, note } of rows)
  console.log(
    note === undefined
      ? `${name.padEnd(width)}  ${String(ratio).padStart(6)}  limit ${limit}  ${ratio <= limit ? "ok" : "OVER"}`
      : `${name.padEnd(width)}  ${note}`,
  );
