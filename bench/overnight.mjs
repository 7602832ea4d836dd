// A night's start (issue 4, Speed). Prints one JSON row: {name, ratio, limit, runs}.
// Wall times, both sides alternating: what is compared waits for the disk and for a model.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { loadSources } from "./load.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MAIN = join(HERE, "..", "dist", "main.js");
const FILES = 20_000;
const STARTS = 5;

const base = mkdtempSync(join(tmpdir(), "worknode-overnight-"));
/** Below `bench/`, so that the bundle finds its packages. */
const scratch = mkdtempSync(join(HERE, ".overnight-"));
let made = 0;

async function main() {
  const parts = ["model/scripted/server", "model/scripted/script", "store/store"];
  await start(await loadSources(scratch, "overnight", parts));
}

/** From the cycle's first event to the first request that reaches the model, in a repository of many files. */
async function start(sources) {
  const place = makePlace((folder) => {
    for (let index = 0; index < FILES; index += 1) {
      const path = join(folder, `src/${index % 100}`);
      if (index < 100) mkdirSync(path, { recursive: true });
      writeFileSync(join(path, `file-${index}.js`), `export const value${index} = ${index};\n`.repeat(4));
    }
    writeFileSync(join(folder, "plan.yaml"), JSON.stringify(PLAN));
  });
  const runs = [];
  for (let pair = 0; pair < STARTS; pair += 1) {
    const both = [() => timeWorktree(place, pair), () => timeStart(place, sources)];
    const first = pair % 2;
    const one = await both[first]();
    const other = await both[1 - first]();
    const [worktree, begun] = first === 0 ? [one, other] : [other, one];
    runs.push(begun / worktree);
  }
  row(`start of a cycle to the first model request, ${FILES} files / git worktree add`, runs, 3);
}

function timeWorktree({ repository, folder }, pair) {
  const path = join(folder, `tree-${pair}`);
  const began = process.hrtime.bigint();
  git(repository, "worktree", "add", "-q", "--detach", path, "HEAD");
  const tookMs = Number(process.hrtime.bigint() - began) / 1e6;
  git(repository, "worktree", "remove", "--force", path);
  return tookMs;
}

async function timeStart(place, sources) {
  const ran = await night(place, sources);
  return Math.min(...ran.asked.map(({ at }) => at)) - wallOf(ran.events.find(({ type }) => type === "CYCLE_STARTED"));
}

const PLAN = {
  apiVersion: "worknode/v1",
  kind: "Plan",
  id: "night",
  title: "A night",
  phases: [{ id: "work", tasks: [{ id: "A", title: "Note", owner: "implementer", files: { write: ["a.md"] } }] }],
};

const use = (name, input) => ({ tools: [{ name, input }] });
const SCRIPT = {
  apiVersion: "worknode/v1",
  kind: "Script",
  replies: {
    "-:plan-review:1": [use("submit_plan_review", { decision: "ACCEPT", risks: [] })],
    "A:work:1": [use("Write", { file_path: "a.md", content: "a note\n" }), use("submit_result", { summary: "done" })],
  },
  defaults: { critic: [use("submit_verdict", { decision: "ACCEPT" })] },
};

function makePlace(fill) {
  made += 1;
  const folder = join(base, String(made));
  const repository = join(folder, "repo");
  mkdirSync(repository, { recursive: true });
  fill(repository);
  git(repository, "init", "-q");
  git(repository, "add", "-A");
  git(repository, "-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-qm", "base");
  return { folder, repository };
}

function git(cwd, ...args) {
  const done = spawnSync("git", args, { cwd });
  if (done.status !== 0) throw new Error(`git ${args[0]}: ${String(done.stderr)}`);
}

/** One whole `worknode run`: the requests the model got, and its events. */
async function night({ folder, repository }, { parseScript, startScriptedServer, openStore }) {
  const parsed = parseScript(JSON.stringify(SCRIPT));
  if (!parsed.ok) throw new Error(parsed.error);
  const server = await startScriptedServer({ script: parsed.value });
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_STATE_HOME: join(folder, "state"),
    ANTHROPIC_BASE_URL: server.url,
  };
  const said = await worknode(repository, env);
  const asked = server.requests();
  await server.close();
  const store = openStore(join(repository, ".worknode", "worknode.db"), { readonly: true });
  const cycle = store.queries.maxCycle();
  const events = store.events({ run: cycle });
  store.close();
  if (said !== "") throw new Error(said);
  return { asked, events };
}

/** What it said where it did not end well. */
function worknode(cwd, env) {
  const child = spawn(process.execPath, [MAIN, "run", "plan.yaml", "--yes"], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  return new Promise((resolve) => {
    child.once("close", (code) => resolve(code === 0 ? "" : `the run ended with ${code}: ${said}`));
  });
}

/** Milliseconds of an event's stamp. */
const wallOf = ({ hlc }) => Date.parse(hlc.slice(0, 24));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function row(name, values, limit) {
  const runs = values.map((value) => Number(value.toFixed(2)));
  console.log(JSON.stringify({ name, ratio: median(runs), limit, runs }));
}

try {
  await main();
} finally {
  for (const folder of [base, scratch]) rmSync(folder, { recursive: true, force: true });
}
