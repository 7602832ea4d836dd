// Crews against a bare loop over the SDK that holds the same conversations with the same loopback model and makes the
// same calls (issue 2, Speed). Prints one JSON row a line: {name, ratio, limit}. Arguments choose parts by name.
import process from "node:process";
import { cleanUp, prepare, runPairs } from "./crew-pair.mjs";

const PAIRS = 5;
const MB = 1024 * 1024;
/** Calls counted before the first mark: what starting costs is no cost of a call. */
const WARM = 20;

const PARTS = { "one agent writes": oneAgentWrites, "one agent reads": oneAgentReads, "many agents": manyAgents };

async function main() {
  const wanted = process.argv.slice(2);
  const names = Object.keys(PARTS).filter((name) => wanted.length === 0 || wanted.includes(name));
  if (names.length === 0) throw new Error(`no such part; there are ${Object.keys(PARTS).join(", ")}`);
  await prepare();
  for (const name of names) await PARTS[name]();
}

/** One agent that writes files: CPU a call, its growth, the size of the log. */
async function oneAgentWrites() {
  const total = 1_060;
  const marks = [WARM, WARM + 200, 50, 150, 950, 1_050].sort((a, b) => a - b);
  const tasks = [{ id: "A", calls: total, files: Array.from({ length: 20 }, (_, index) => `notes/${index}.md`) }];
  const runs = await runPairs(PAIRS, { tasks, marks, atOnce: 1, tool: "Write" });
  row("one agent, 200 calls that write: CPU a call / bare SDK", ratios(runs, WARM, WARM + 200), 1.3);
  const above = (from, to) => runs.map(({ crew, bare }) => perCall(crew, from, to) - perCall(bare, from, to));
  // of all pairs together: in one of them the difference can come near nothing, and nothing can be divided by it
  row("cost above the bare loop: call 1,000 / call 100", [sum(above(950, 1_050)) / sum(above(50, 150))], 1.3);
  row(
    "database after 1,000 calls (MB)",
    runs.map(({ database }) => database / MB),
    10,
  );
}

/** One agent that reads a file again and again. */
async function oneAgentReads() {
  const tasks = [{ id: "A", calls: WARM + 220, files: [] }];
  const runs = await runPairs(PAIRS, { tasks, marks: [WARM, WARM + 200], atOnce: 1, tool: "Read" });
  row("one agent, 200 calls that read: CPU a call / bare SDK", ratios(runs, WARM, WARM + 200), 1.3);
}

/** 1,000 agents that read, 50 at a time: whole processes, from their start to their end. */
async function manyAgents() {
  const tasks = Array.from({ length: 1_000 }, (_, index) => ({ id: `T${index}`, calls: 10, files: [] }));
  const runs = await runPairs(PAIRS, { tasks, marks: [], atOnce: 50, tool: "Read" });
  row(
    "1,000 agents x 10 calls, 50 at a time: CPU / bare SDK",
    runs.map(({ crew, bare }) => crew.cpuUs / bare.cpuUs),
    1.4,
  );
  row(
    "the same: peak memory / bare SDK",
    runs.map(({ crew, bare }) => crew.peakRssKb / bare.peakRssKb),
    1.3,
  );
}

const at = ({ marks }, calls) => marks.find((mark) => mark.calls === calls).cpuUs;
const perCall = (side, from, to) => (at(side, to) - at(side, from)) / (to - from);
const ratios = (runs, from, to) => runs.map(({ crew, bare }) => perCall(crew, from, to) / perCall(bare, from, to));
const sum = (values) => values.reduce((all, each) => all + each, 0);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** The median of the pairs; what they were goes beside it. */
function row(name, values, limit) {
  const pairs = values.map((value) => Number(value.toFixed(2)));
  console.log(JSON.stringify({ name, ratio: median(pairs), limit, pairs }));
}

try {
  await main();
} finally {
  cleanUp();
}
