// What the short commands cost as whole processes (issues 2 and 4, Speed): `continue --brief` at 10,000 and at
// 1,000,000 events and `status`, against `node -e 0`. Prints one JSON row a line: {name, ratio, limit}. The commands
// take turns, so that all see the same machine; a ratio is the median over the rounds, each within its round.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadStore, makeRepository } from "../scripts/sample-log.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MAIN = join(HERE, "..", "dist", "main.js");
const ROUNDS = 41;
const SMALL = 10_000;
const LARGE = 1_000_000;

const base = mkdtempSync(join(tmpdir(), "worknode-brief-bench-"));
/** Below `bench/`, so that the bundle finds its packages. */
const scratch = mkdtempSync(join(HERE, ".brief-"));

async function main() {
  const openStore = await loadStore(scratch);
  const [small, large] = [SMALL, LARGE].map((events) => join(base, `events-${events}`));
  makeRepository(openStore, small, SMALL);
  makeRepository(openStore, large, LARGE);
  const commands = {
    bare: { args: ["-e", "0"], cwd: small },
    brief: { args: [MAIN, "continue", "--brief"], cwd: small },
    briefLarge: { args: [MAIN, "continue", "--brief"], cwd: large },
    status: { args: [MAIN, "status"], cwd: small },
    statusLarge: { args: [MAIN, "status"], cwd: large },
  };
  const costs = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, command] of Object.entries(commands)) costs[name].push(costOf(command));
  for (const kind of ["cpu", "wall"]) {
    const row = (name, above, below, limit) => {
      const ratios = costs[above].map((cost, index) => cost[kind] / costs[below][index][kind]);
      console.log(JSON.stringify({ name: `${name} (${kind})`, ratio: Number(median(ratios).toFixed(2)), limit }));
    };
    row("continue --brief, 10,000 events / node -e 0", "brief", "bare", 1.5);
    row("continue --brief, 1,000,000 / 10,000 events", "briefLarge", "brief", 1.2);
    row("status, 10,000 events / node -e 0", "status", "bare", 1.5);
    row("status, 1,000,000 / 10,000 events", "statusLarge", "status", 1.2);
  }
}

/** Milliseconds of one whole process: user and system time, and elapsed. */
function costOf({ args, cwd }) {
  const script = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null';
  const env = { PATH: process.env.PATH, HOME: base, LANG: "C.UTF-8" };
  const done = spawnSync("bash", ["-c", script, "bash", process.execPath, ...args], { cwd, env, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`node ${args.join(" ")} ended with ${done.status}: ${done.stderr}`);
  const [user, system, wall] = done.stderr
    .trim()
    .split(" ")
    .map((text) => Number(text) * 1_000);
  return { cpu: user + system, wall };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

try {
  await main();
} finally {
  rmSync(base, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
}
