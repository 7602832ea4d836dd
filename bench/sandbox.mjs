// What the wall around a command costs (issue 3, Speed). Prints one JSON row a line: {name, ratio, limit}, or {name,
// note} for what cannot be had on this machine. Each set is taken in turns, as one process each, and compared by the
// first decile of its rounds: what else runs here only ever adds.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadSources } from "./load.mjs";
import { openWorkspace, settingOf, WORKSPACE_PARTS } from "./workspace.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROUNDS = 60;
const WARM_UP = 5;
const BWRAP = "/usr/bin/bwrap";
const TIMEOUT_MS = 60_000;
const FILES_IN_A_FOLDER = 100;

/** Below `bench/`, so that the bundle finds its packages. */
const scratch = mkdtempSync(join(HERE, ".sandbox-"));
const base = realpathSync(mkdtempSync(join(tmpdir(), "worknode-sandbox-bench-")));

async function main() {
  const worknode = await load();
  const small = await openRepository(worknode, "small", 1_000);
  const large = await openRepository(worknode, "large", 100_000);
  const { probes } = await worknode.probeBackends({ stateDir: join(base, "probe"), all: true });
  const backends = ["util-linux", "bubblewrap"].filter((backend) => {
    const fault = probes.find((probe) => probe.backend === backend && !probe.ok);
    if (fault !== undefined) note(`sandboxed true, by ${backend}`, `not measured: ${fault.detail}`);
    return fault === undefined;
  });
  if (!existsSync(BWRAP)) note("sandboxed true / bare bubblewrap", "not measured: no bubblewrap to compare with");
  const work = existsSync(BWRAP) ? { bare: () => bare(worknode, small) } : {};
  for (const backend of backends) {
    work[backend] = () => small.call(backend);
    work[`large ${backend}`] = () => large.call(backend);
  }
  const cost = await inTurns(work);
  for (const backend of backends) {
    if (cost.bare !== undefined)
      row(`a call of Bash: true, by ${backend} / bare bubblewrap`, cost[backend] / cost.bare, 3);
    row(`the same, 100,000 files / 1,000 files`, cost[`large ${backend}`] / cost[backend], 1.3);
  }
}

const row = (name, ratio, limit) => console.log(JSON.stringify({ name, ratio: Number(ratio.toFixed(2)), limit }));
const note = (name, text) => console.log(JSON.stringify({ name, note: text }));

/** bubblewrap with the same namespaces, started as we start ours. */
async function bare({ runBounded }, { root }) {
  const namespaces = ["user", "pid", "ipc", "net", "uts"].map((name) => `--unshare-${name}`);
  const links = ["bin", "lib", "lib64"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]);
  const mounts = ["--ro-bind", "/usr", "/usr", ...links, "--proc", "/proc", "--dev", "/dev", "--bind", root, root];
  const exit = await runBounded(BWRAP, [...namespaces, ...mounts, "--chdir", root, "true"], { timeoutMs: TIMEOUT_MS });
  if (exit.code !== 0) throw new Error(`bubblewrap ended with ${exit.code}: ${exit.stderr}`);
}

/** A repository with a task's worktree, and whole calls in it: layer, wall, look at what is left, removal. */
async function openRepository(worknode, name, count) {
  const root = join(base, name, "repo");
  for (let folder = 0; folder < count / FILES_IN_A_FOLDER; folder += 1) {
    const directory = join(root, `d${folder}`);
    mkdirSync(directory, { recursive: true });
    for (let file = 0; file < FILES_IN_A_FOLDER; file += 1) writeFileSync(join(directory, `f${file}.txt`), `${file}\n`);
  }
  const git = (...args) =>
    execFileSync("git", ["-c", "user.name=b", "-c", "user.email=b@localhost", ...args], { cwd: root });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "base");
  const opened = await openWorkspace(worknode, root, { stateHome: join(base, name, "state"), home: base });
  return { root, call: (backend) => callTrue(worknode, opened, backend) };
}

async function callTrue(worknode, opened, backend) {
  const { workspace, approve } = opened;
  const [permit, call] = approve({ command: "true" });
  const setting = await settingOf(worknode, opened, backend);
  const ran = await worknode.runCommandTool(permit, workspace, call, {
    setting,
    timeoutMs: TIMEOUT_MS,
    signal: new AbortController().signal,
    clock: worknode.systemClock,
    scratch: { patterns: [], isDenied: workspace.isDenied, named: [] },
  });
  if (ran.run.exit_code !== 0 || ran.changes.length > 0) throw new Error(`true: ${JSON.stringify(ran.run)}`);
  await ran.discard();
}

/** Milliseconds a call of each. */
async function inTurns(work) {
  const samples = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, run] of Object.entries(work)) {
      const started = process.hrtime.bigint();
      await run();
      if (round >= WARM_UP) samples[name].push(Number(process.hrtime.bigint() - started) / 1e6);
    }
  const decile = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 10)];
  return Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, decile(values)]));
}

function load() {
  const own = ["effect/sandbox/bounded-process", "effect/tool/command-tool", "kernel/clock"];
  return loadSources(scratch, "sandbox", [...WORKSPACE_PARTS, ...own]);
}

try {
  await main();
} finally {
  for (const folder of [scratch, base]) rmSync(folder, { recursive: true, force: true });
}
