// Checks and measures against what they are to be compared with (issue 3, Speed). Prints one JSON row a line:
// {name, ratio, limit}, or {name, note} for what cannot be had on this machine. Each pair is taken in turns.
import { spawn, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { loadSources } from "./load.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = join(HERE, "..");
/** The version whose figures the measures equal (`test/vectors/measure-js.json`), and a parser for TypeScript. */
const ESLINT = ["eslint@10.15.0", "@typescript-eslint/parser@8", "typescript@6"];
const SCRIPTS = ["commander/lib", "yaml/dist", "picomatch/lib"];
const INSTALL_MS = 120_000;
const WRITTEN_LINES = 500;
const AGENTS = 100;

/** Below `bench/`, so that the bundle finds its packages. */
const scratch = mkdtempSync(join(HERE, ".measure-"));
const outside = mkdtempSync(join(tmpdir(), "worknode-measure-bench-"));

async function main() {
  const worknode = await load();
  tokenRow(worknode);
  writeRow(worknode);
  eslintRows(worknode);
  await cRows();
}

const rounded = (value) => Number(value.toFixed(3));
const row = (name, ratio, limit) => console.log(JSON.stringify({ name, ratio: rounded(ratio), limit: rounded(limit) }));
const note = (name, text) => console.log(JSON.stringify({ name, note: text }));

/** What is left to do for a token verified before: a look-up, expiry, epoch and revocation. */
function tokenRow({ createBroker }) {
  const now = Date.now();
  const { privateKey } = generateKeyPairSync("ed25519");
  const broker = createBroker({ privateKey, clock: { nowMs: () => now, sleep: async () => undefined } });
  const tokens = Array.from({ length: AGENTS }, (_, index) => broker.mint({ ...GRANT, agent: `agent-${index}` }).token);
  const { verifier } = broker;
  const context = { nowMs: now, epoch: 1, isRevoked: () => false };
  const check = () => {
    for (const token of tokens) if (!verifier.verify(token, context).ok) throw new Error("the token is not good");
  };
  const [ns] = inTurns([check], { rounds: 40, calls: 200 });
  row("verified-token check, cached, of 100 agents in turn (µs)", ns / AGENTS / 1_000, 2);
}

const GRANT = {
  project: "bench",
  agent: "implementer",
  role: "implementer",
  tier: "implementation",
  task: "B-1",
  cycle: 1,
  plan_hash: "a".repeat(64),
  phase: "execute",
  tools: ["Bash", "Edit", "Glob", "Grep", "Read", "Write", "submit_result"],
  limits: { max_complexity: 8, max_function_lines: 60, max_executions: 150 },
  budget: { usd: null, tokens: null },
  epoch: 1,
  write: ["src/a.ts"],
};

/**
 * The gate's look at a new file of 500 lines, against reading it and hashing what was read. In short turns: on a loaded
 * machine a longer one is interrupted, and then pays for memory that others have driven from the caches.
 */
function writeRow({ judgeImage }) {
  const text = Array.from({ length: WRITTEN_LINES / LINES_OF_ONE.length }, (_, index) => functionText(index)).join("");
  if (text.split("\n").length - 1 !== WRITTEN_LINES) throw new Error("the written file has not 500 lines");
  const file = join(outside, "written.ts");
  writeFileSync(file, text);
  const image = { path: "src/written.ts", before: null, after: text };
  if (judgeImage(image, GRANT.limits).length > 0) throw new Error("the written file is refused");
  const [read, check] = inTurns(
    [() => createHash("sha256").update(readFileSync(file)).digest("hex"), () => judgeImage(image, GRANT.limits)],
    { rounds: 300, calls: 4 },
  );
  row("checking a write of 500 lines / reading and hashing it", check / read, 10);
}

const LINES_OF_ONE = [
  "/** Adds up what is wanted of the entries, in order. */",
  "export function sum#(entries: readonly { name: string; value: number }[], wanted: ReadonlySet<string>): number {",
  "  let total = 0;",
  "  for (const { name, value } of entries) {",
  "    if (!wanted.has(name) && value !== #) continue;",
  "    total += value > 0 ? value : 0;",
  "  }",
  "  return total;",
  "}",
  "",
];

function functionText(index) {
  return LINES_OF_ONE.map((line) => `${line.replaceAll("#", String(index))}\n`).join("");
}

/**
 * ESLint with the one rule, in this process and as warm as ours, on the same texts. Ours lists every figure of a file
 * but the hashes of its functions' tokens, which only the comparison of two versions asks for.
 */
function eslintRows({ measureFigures }) {
  const sets = {
    TypeScript: { files: sources(join(ROOT, "src", "effect"), ".ts"), parser: "@typescript-eslint/parser" },
    JavaScript: {
      files: SCRIPTS.flatMap((name) => sources(join(ROOT, "node_modules", name), ".js")),
      parser: undefined,
    },
  };
  const eslint = installEslint();
  for (const [language, { files, parser }] of Object.entries(sets)) {
    const name = `${language} analysis / ESLint with its complexity rule, ${files.length} files`;
    if (typeof eslint === "string") note(name, eslint);
    else {
      const lint = linter(eslint, parser);
      const [ours, theirs] = inTurns(
        [() => files.forEach(({ path, text }) => measureFigures(path, text)), () => files.forEach(lint)],
        { rounds: 5, calls: 1 },
      );
      row(name, ours / theirs, 1 / 8);
    }
  }
}

function installEslint() {
  const options = { cwd: outside, encoding: "utf8", timeout: INSTALL_MS };
  const run = spawnSync(
    "npm",
    ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", outside, ...ESLINT],
    options,
  );
  if (run.status !== 0) return `not measured: npm could not install ${ESLINT[0]}`;
  return createRequire(join(outside, "package.json"));
}

function linter(load, parser) {
  const { Linter } = load("eslint");
  const linted = new Linter({ configType: "flat" });
  const languageOptions = parser === undefined ? { sourceType: "commonjs" } : { parser: load(parser) };
  const config = { files: ["**/*.ts", "**/*.js"], languageOptions, rules: { complexity: ["error", 0] } };
  return ({ path, text }) => {
    const fault = linted.verify(text, [config], path).find(({ fatal }) => fatal === true);
    if (fault !== undefined) throw new Error(`ESLint on ${path}: ${fault.message}`);
  };
}

/** Code files of a folder, as the two see them. */
function sources(folder, extension) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(extension) && !name.endsWith(".d.ts"))
    .map((name) => ({ path: name, text: readFileSync(join(folder, name), "utf8") }));
}

/**
 * C against lizard of the same files. Once each as warm as the other, in a process of its own: both read their files, find
 * the figures of every function, and are asked for that again and again. And as whole processes: see `wholeRows`.
 * Of SQLite's files, which are there on every machine: some of an ordinary length, and all. And of C sources in
 * WORKNODE_C_SOURCES, folders with `:` between. Lizard is `lizard.py` of the folder LIZARD, its own repository, else what Python
 * finds; Python is the program PYTHON, else `python3`: of two builds of one version one takes a third longer.
 */
async function cRows() {
  const folder = process.env.LIZARD ?? "";
  const python = process.env.PYTHON ?? "python3";
  const told = spawnSync(python, [join(HERE, "lizard-rounds.py"), folder, "--version"], { encoding: "utf8" });
  if (told.status !== 0) {
    note("C analysis / lizard", `not measured: ${python} finds no lizard (LIZARD=${folder})`);
    return;
  }
  const lizard = { python, folder, name: told.stdout.trim() };
  await loadSources(scratch, "figures", ["measure/source", "measure/tree/grammar"]);
  const sum = { us: 0, them: 0, files: 0 };
  for (const [name, paths] of Object.entries(cSources())) {
    const least = await warmRow({ lizard, name, paths });
    if (least !== undefined && name !== ORDINARY)
      Object.assign(sum, { us: sum.us + least.us, them: sum.them + least.them, files: sum.files + paths.length });
    wholeRows({ lizard, name, paths });
  }
  if (sum.files > 0)
    row(`C analysis / ${lizard.name}, each as warm, all ${sum.files} files: CPU`, sum.us / sum.them, 1 / 1.5);
}

/** Some of the files of another set. */
const ORDINARY = "SQLite, of an ordinary length";

/** How long, and how often at least, they take turns; rounds before, in which both compile what they run often. */
const WARM_MS = 20_000;
const WARM_ROUNDS = 8;
const COLD_ROUNDS = 5;

/** The least of the rounds in which they take turns, as what else runs only ever adds; undefined where one could not be had. */
async function warmRow({ lizard, name, paths }) {
  const theirs = startRounds(lizard.python, [join(HERE, "lizard-rounds.py"), lizard.folder, ...paths]);
  const bundle = join(scratch, "figures.mjs");
  const ours = startRounds(process.execPath, [join(HERE, "c-rounds.mjs"), bundle, join(ROOT, "grammars"), ...paths]);
  const least = { us: Number.POSITIVE_INFINITY, them: Number.POSITIVE_INFINITY };
  try {
    for (let round = 0; round < COLD_ROUNDS; round += 1) await Promise.all([ours.round(), theirs.round()]);
    const end = performance.now() + WARM_MS;
    for (let round = 0; round < WARM_ROUNDS || performance.now() < end; round += 1) {
      const [us, them] = [await ours.round(), await theirs.round()];
      Object.assign(least, { us: Math.min(us, least.us), them: Math.min(them, least.them) });
    }
    row(
      `C analysis / ${lizard.name}, each as warm, ${paths.length} files of ${name}: CPU`,
      least.us / least.them,
      1 / 1.5,
    );
    return least;
  } catch (thrown) {
    note(`C analysis / lizard, each as warm, ${name}`, `not measured: ${thrown.message}`);
  } finally {
    for (const process of [ours, theirs]) process.end();
  }
}

/** A process that measures once for each line and answers what that took (ns); nothing else is compiled or kept in it. */
function startRounds(program, args) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async round() {
      child.stdin.write("\n");
      const { done, value } = await lines.next();
      if (done) throw new Error(`${program} ended: Python has no lizard, or a file could not be measured`);
      return Number(value);
    },
    end: () => child.stdin.end(),
  };
}

/**
 * Whole processes as a user starts them, by elapsed and by processor time: lizard with its own defaults, `worknode measure` for the
 * same figures, and for all it finds: the Power of Ten, the graph of calls.
 */
function wholeRows({ lizard, name, paths }) {
  const worknode = [process.execPath, join(ROOT, "dist", "main.js"), "measure", "--format", "json"];
  const commands = { "worknode measure --figures": [...worknode, "--figures"], "worknode measure": worknode };
  const theirCommand = [lizard.python, join(lizard.folder, "lizard.py")];
  const lizardCommand = lizard.folder === "" ? [lizard.python, "-m", "lizard"] : theirCommand;
  const programs = [lizardCommand, ...Object.values(commands)];
  const [theirs, ...ours] = processesInTurns(programs.map((program) => [...program, ...paths]));
  for (const [at, what] of Object.keys(commands).entries()) {
    const of = `${what} / ${lizard.name}, whole processes, ${paths.length} files of ${name}`;
    row(`${of}: elapsed`, ours[at].elapsed / theirs.elapsed, 1 / 1.5);
    row(`${of}: CPU`, ours[at].cpu / theirs.cpu, 1 / 1.5);
  }
}

const PROCESS_ROUNDS = 6;

/** Seconds that processes take, the least of either kind in rounds in which they take turns. */
function processesInTurns(commands) {
  const least = commands.map(() => ({ cpu: Number.POSITIVE_INFINITY, elapsed: Number.POSITIVE_INFINITY }));
  for (let round = 0; round < PROCESS_ROUNDS; round += 1)
    commands.forEach((command, index) => {
      const { cpu, elapsed } = run(command);
      least[index] = { cpu: Math.min(cpu, least[index].cpu), elapsed: Math.min(elapsed, least[index].elapsed) };
    });
  return least;
}

/** Seconds a process takes. */
function run([program, ...args]) {
  const script = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null';
  const done = spawnSync("bash", ["-c", script, "bash", program, ...args], { encoding: "utf8" });
  const [user, system, elapsed] = done.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  if (!(user + system > 0)) throw new Error(`${program} did not run: ${done.stderr}`);
  return { cpu: user + system, elapsed };
}

function cSources() {
  const files = sqliteFiles();
  const ordinary = files.filter(({ text }) => text.length > 10_000 && text.length < 120_000).slice(0, 20);
  const sets = { [ORDINARY]: ordinary, "SQLite, all": files };
  const written = Object.entries(sets).map(([name, set]) => [name, set.map(({ path }) => path)]);
  const named = (process.env.WORKNODE_C_SOURCES ?? "").split(":").filter((folder) => folder !== "");
  return Object.fromEntries([...written, ...named.map((folder) => [folder, cFilesOf(folder)])]);
}

function cFilesOf(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => join(folder, name));
}

/** The C files SQLite's one source file was put together from. */
function sqliteFiles() {
  const whole = readFileSync(join(ROOT, "node_modules", "better-sqlite3", "deps", "sqlite3", "sqlite3.c"), "utf8");
  const parts = whole.split(/^\/\*{14} Begin file (\w+\.c) \*+\/$/m).slice(1);
  const files = parts.flatMap((name, index) => (index % 2 === 0 ? [{ name, text: parts[index + 1] }] : []));
  return files.map(({ name, text }) => {
    const path = join(outside, name);
    writeFileSync(path, text);
    return { path, text };
  });
}

/**
 * Nanoseconds of this process's processor time a call of each takes, in turns; the first decile of the rounds, as what else
 * runs only ever adds.
 */
function inTurns(work, { rounds, calls }) {
  const samples = work.map(() => []);
  for (let round = 0; round < rounds; round += 1)
    work.forEach((run, index) => {
      const cost = costOf(run, calls) / calls;
      if (round > 0) samples[index].push(cost);
    });
  return samples.map((values) => values.sort((a, b) => a - b)[Math.floor(values.length / 10)]);
}

function costOf(run, calls) {
  const started = processorNs();
  for (let call = 0; call < calls; call += 1) run();
  return processorNs() - started;
}

function processorNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

function load() {
  const parts = ["capability/broker", "capability/token", "gate/checks", "measure/source", "measure/tree/grammar"];
  return loadSources(scratch, "measure", parts);
}

try {
  await main();
} finally {
  for (const folder of [scratch, outside]) rmSync(folder, { recursive: true, force: true });
}
