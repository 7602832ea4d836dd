/**
 * Cost of `worknode check` (issue 6, Speed), in ratios within this run. Prints one JSON row a line: {name, ratio, limit}.
 * The row of a large tree needs sources and ESLint from the package registry, and is left out, saying so, without it.
 * Whole processes, in turns; a ratio is the median over the rounds. Memory is the largest resident set that GNU time saw.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAIN = join(ROOT, "dist", "main.js");
const CHECK = join(ROOT, "dist", "check.mjs");
const PAIRS = 21;
const FILES = 20_000;
const CHANGED = 50;
const MEMORY_LIMIT_MB = 300;
/** Sources of a TypeScript tree of more than 300,000 lines, and what they are compared with. */
const SOURCES = ["effect@4.1.0", "rxjs@7.8.2", "zod@4.6.7"];
const LINTER = ["eslint@9", "@typescript-eslint/parser@8", "typescript@5"];

const base = mkdtempSync(join(tmpdir(), "worknode-bench-"));
const env = { PATH: process.env.PATH, HOME: base, XDG_STATE_HOME: join(base, "state"), LANG: "C.UTF-8" };

function run(cwd, command, args, accepted = [0]) {
  const done = spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 1 << 30 });
  if (!accepted.includes(done.status))
    throw new Error(`${command} ${args.slice(0, 4).join(" ")}: ${done.status} ${done.stderr}`);
  return done.stdout;
}

function git(cwd, ...args) {
  return run(cwd, "git", ["-c", "user.name=b", "-c", "user.email=b@localhost", "-c", "gc.auto=0", ...args]);
}

/** Elapsed time of one whole process (ns). */
function elapsed(cwd, command, args, accepted = [0]) {
  const start = process.hrtime.bigint();
  const done = spawnSync(command, args, { cwd, env, stdio: "ignore" });
  if (!accepted.includes(done.status))
    throw new Error(`${command} ${args.slice(0, 4).join(" ")} ended with ${done.status}`);
  return Number(process.hrtime.bigint() - start);
}

/** Medians of several processes, run in turns so that all see the same machine. */
function inTurns(rounds, works) {
  const times = works.map(() => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, work] of works.entries()) times[index].push(work());
  return times.map((each) => each.sort((a, b) => a - b)[Math.floor(each.length / 2)]);
}

function print(name, ratio, limit) {
  console.log(JSON.stringify({ name, ratio: Number(ratio.toFixed(2)), limit }));
}

const text = (index, extra = "") =>
  `/** Adds ${index}. */\nexport function add${index}(n: number): number {\n${`  if (n > ${index}) n -= 1;\n`.repeat(5)}${extra}  return n + ${index};\n}\n`.repeat(
    1,
  );

/** A repository of many files and a branch that changes some. */
function largeRepository() {
  const dir = join(base, "large");
  for (let index = 0; index < FILES; index += 1) {
    const folder = join(dir, "src", String(index % 200));
    if (index < 200) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `f${index}.ts`), text(index));
  }
  git(dir, "init", "-q", "-b", "main");
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "base");
  git(dir, "switch", "-q", "-c", "change");
  const changed = Array.from({ length: CHANGED }, (_, index) => `src/${index % 200}/f${index}.ts`);
  for (const [index, path] of changed.entries()) writeFileSync(join(dir, path), text(index, "  n *= 2;\n"));
  git(dir, "commit", "-q", "-am", "change");
  return { dir, changed };
}

/** Milliseconds of one whole process and those it started: user and system time, and elapsed. */
function costOf(cwd, command, args) {
  const script = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null';
  const done = spawnSync("bash", ["-c", script, "bash", command, ...args], { cwd, env, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${command} ${args[0]} ended with ${done.status}: ${done.stderr}`);
  const [user, system, wall] = done.stderr
    .trim()
    .split(" ")
    .map((text) => Number(text) * 1_000);
  return { cpu: user + system, wall };
}

/** Rows of a ratio, in processor time and elapsed: its median over rounds in which the commands took turns. */
function ratioRows(name, limit, commands, ratioOf) {
  const rounds = Array.from({ length: PAIRS }, () => commands.map((command) => costOf(...command)));
  for (const kind of ["cpu", "wall"]) {
    const ratios = rounds.map((costs) => ratioOf(...costs.map((cost) => cost[kind]))).sort((x, y) => x - y);
    print(`${name}: ${kind}`, ratios[Math.floor(PAIRS / 2)], limit);
  }
}

function changeRows() {
  const { dir, changed } = largeRepository();
  const node = process.execPath;
  ratioRows(
    `check, ${CHANGED} files of ${FILES} / (3 git diff + measure of those files)`,
    1,
    [
      [dir, "git", ["diff", "main", "change"]],
      [dir, node, [MAIN, "measure", ...changed]],
      [dir, node, [MAIN, "check", "--base", "main"]],
    ],
    (diff, analysis, check) => check / (3 * diff + analysis),
  );
  emptyRows(dir, "no policy in the base");
  for (const [kind, policy] of Object.entries(POLICIES)) {
    putPolicy(dir, policy);
    emptyRows(dir, kind);
  }
}

const POLICIES = {
  "a plain policy": "mode: observe\nlimits: { maxComplexity: 8 }\n",
  "names and severities": "agents: [robby]\napprovers: [ana]\nseverities: { no-suppression: warning }\n",
  "a folder left out": "exclude: [src/7/**]\n",
  "files left out anywhere": "exclude: ['**/f7*.ts']\n",
  "a plan": "plan: plan.yaml\n",
  "a plan of every part, with expressions": "plan: linkcheck.yaml\n",
};
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: p
title: P
phases: [{ id: only, tasks: [{ id: T1, title: One, owner: implementer, files: { write: [a.md] }, verify: { test: [node, t.mjs] } }] }]
`;

function putPolicy(dir, policy) {
  mkdirSync(join(dir, ".worknode"), { recursive: true });
  writeFileSync(join(dir, ".worknode", "check.yaml"), `version: 1\n${policy}`);
  writeFileSync(join(dir, "plan.yaml"), PLAN);
  cpSync(join(ROOT, "plans", "linkcheck.yaml"), join(dir, "linkcheck.yaml"));
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "policy");
}

function emptyRows(dir, kind) {
  const node = process.execPath;
  ratioRows(
    `check.mjs on an empty change, ${kind} / (node -e 0 + git diff)`,
    2,
    [
      [dir, node, ["-e", "0"]],
      [dir, "git", ["diff", "HEAD", "HEAD"]],
      [dir, node, [CHECK, "--base", "HEAD"]],
    ],
    (bare, empty, file) => file / (bare + empty),
  );
}

function fetchTree() {
  const dir = join(base, "tree");
  const linter = join(base, "linter");
  for (const folder of [dir, linter]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(linter, "package.json"), "{}");
  const install = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...LINTER, ...SOURCES], {
    cwd: linter,
    env: { ...process.env, HOME: process.env.HOME },
    stdio: "ignore",
    timeout: 300_000,
  });
  if (install.status !== 0) return undefined;
  for (const name of SOURCES.map((each) => each.split("@")[0]))
    cpSync(join(linter, "node_modules", name, "src"), join(dir, name), { recursive: true });
  git(dir, "init", "-q");
  git(dir, "add", "-A", "-f");
  git(dir, "commit", "-q", "-m", "tree");
  return { dir, linter };
}

function treeRows() {
  const tree = fetchTree();
  if (tree === undefined) return console.error("no registry: the rows of a large tree are left out");
  const { dir, linter } = tree;
  const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !path.startsWith(".git"),
  );
  const lines = files.reduce((sum, path) => sum + readFileSync(join(dir, path), "utf8").split("\n").length, 0);
  writeFileSync(
    join(linter, "eslint.config.mjs"),
    'import parser from "@typescript-eslint/parser";\nexport default [{ files: ["**/*.ts"], languageOptions: { parser }, linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "off" }, rules: { complexity: ["error", 8] } }];\n',
  );
  cpSync(dir, join(linter, "tree"), { recursive: true, filter: (path) => !path.includes("/.git") });
  const [check, eslint] = inTurns(1, [
    () => elapsed(dir, process.execPath, [MAIN, "check", "--all", "--output", join(base, "report.txt")]),
    () =>
      elapsed(
        linter,
        join(linter, "node_modules/.bin/eslint"),
        ["--no-cache", "tree", "--format", "json", "--output-file", join(base, "eslint.json")],
        [0, 1],
      ),
  ]);
  print(
    `ESLint with complexity alone / check --all, ${lines} lines (at least 5 is wanted; shown is the inverse)`,
    check / eslint,
    0.2,
  );
  const memory = spawnSync(
    "/usr/bin/time",
    ["-f", "%M", process.execPath, MAIN, "check", "--all", "--output", join(base, "report.txt")],
    { cwd: dir, env, encoding: "utf8" },
  );
  print(
    "the same: largest resident memory, MB",
    Number(memory.stderr.trim().split("\n").at(-1)) / 1_024,
    MEMORY_LIMIT_MB,
  );
}

try {
  changeRows();
  treeRows();
} finally {
  rmSync(base, { recursive: true, force: true });
}
