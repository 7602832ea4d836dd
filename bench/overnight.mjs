// A night's start, and ten tasks at once (issue 4, Speed). Prints one JSON row a line: {name, ratio, limit, runs}.
// Wall times, both sides alternating: what is compared waits for the disk and for a model.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { loadSources } from "./load.mjs";
import { openWorkspace, settingOf, WORKSPACE_PARTS } from "./workspace.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MAIN = join(HERE, "..", "dist", "main.js");
const FILES = 20_000;
const STARTS = 5;

const base = mkdtempSync(join(tmpdir(), "worknode-overnight-"));
/** Below `bench/`, so that the bundle finds its packages. */
const scratch = mkdtempSync(join(HERE, ".overnight-"));
let made = 0;

async function main() {
  const parts = ["model/scripted/server", "model/scripted/script", "store/store", "effect/sandbox/plan-commands"];
  const sources = await loadSources(scratch, "overnight", [...parts, ...WORKSPACE_PARTS]);
  await start(sources);
  await tenAtOnce(sources);
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

/** Ten tasks that need nothing of each other: the whole run, and what it cannot do without. */
async function tenAtOnce(sources) {
  const place = makePlace((folder) => {
    mkdirSync(join(folder, "test"));
    writeFileSync(join(folder, "test/sum.test.js"), SUM_TEST);
    writeFileSync(join(folder, "plan.yaml"), JSON.stringify(TEN_PLAN));
  });
  const state = join(place.folder, "verifies");
  const opened = await openWorkspace(sources, place.repository, { stateHome: state, home: place.folder });
  const { chosen } = await sources.probeBackends({ stateDir: state, env: process.env });
  if (chosen === null) return note(TEN_ROW, "not measured: no sandbox can be had");
  const verifies = () => timeVerifies(sources, opened, chosen);
  const runs = [];
  for (let pair = 0; pair < STARTS; pair += 1) {
    const before = pair % 2 === 0 ? await verifies() : 0;
    const { asked, tookMs } = await night(place, sources, TEN_SCRIPT);
    // a request more would be a delay that the bench does not count
    if (asked.length !== 1 + TASKS.length * 3) throw new Error(`the crew asked ${asked.length} times`);
    runs.push(tookMs / (CHAIN * REPLY_MS + (before || (await verifies()))));
  }
  row(TEN_ROW, runs, 1.3);
}

/** Milliseconds that the verifies of ten tasks take in the sandbox, one after the other. */
async function timeVerifies(sources, opened, backend) {
  const began = process.hrtime.bigint();
  for (let index = 0; index < TASKS.length; index += 1) {
    const [permit, call] = opened.approve({ commands: [{ role: "test", argv: VERIFY }] });
    const place = { ...(await settingOf(sources, opened, backend)), layersDir: opened.workspace.layerDir };
    const result = await sources.runPlanCommands(permit, call, place);
    await result.discard();
    const [ran] = result.runs;
    if (ran.exit_code !== 0) throw new Error(`the verify ended with ${ran.exit_code}: ${ran.stdout}${ran.stderr}`);
  }
  return Number(process.hrtime.bigint() - began) / 1e6;
}

const TEN_ROW = "ten tasks at once, the whole run / (longest chain of delays + ten sandboxed verifies)";
const TASKS = Array.from({ length: 10 }, (_, index) => `T${index + 1}`);
const VERIFY = ["node", "--test", "test/"];
const SUM_TEST = 'require("node:test").test("sums", () => require("node:assert").equal(1 + 1, 2));\n';
/** The plan's review, two replies of each task's work, its critic. */
const CHAIN = 4;
const REPLY_MS = 1_000;

const TEN_PLAN = {
  apiVersion: "worknode/v1",
  kind: "Plan",
  id: "ten",
  title: "Ten at once",
  budget: { maxAgents: TASKS.length },
  phases: [
    {
      id: "work",
      tasks: TASKS.map((id) => ({
        id,
        title: `Note ${id}`,
        owner: "implementer",
        files: { write: [`${id}.md`] },
        verify: { test: VERIFY },
      })),
    },
  ],
};

const late = (reply) => ({ ...reply, delayMs: REPLY_MS });
const TEN_SCRIPT = {
  apiVersion: "worknode/v1",
  kind: "Script",
  replies: {
    "-:plan-review:1": [late(use("submit_plan_review", { decision: "ACCEPT", risks: [] }))],
    ...Object.fromEntries(
      TASKS.map((id) => {
        const wrote = use("Write", { file_path: `${id}.md`, content: `a note of ${id}\n` });
        return [`${id}:work:1`, [wrote, use("submit_result", { summary: "done" })].map(late)];
      }),
    ),
  },
  defaults: { critic: [late(use("submit_verdict", { decision: "ACCEPT" }))] },
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

/** One whole `worknode run`: the requests the model got, its events, and how long it took. */
async function night({ folder, repository }, { parseScript, startScriptedServer, openStore }, script = SCRIPT) {
  const parsed = parseScript(JSON.stringify(script));
  if (!parsed.ok) throw new Error(parsed.error);
  const server = await startScriptedServer({ script: parsed.value });
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_STATE_HOME: join(folder, "state"),
    ANTHROPIC_BASE_URL: server.url,
  };
  const began = process.hrtime.bigint();
  const said = await worknode(repository, env);
  const tookMs = Number(process.hrtime.bigint() - began) / 1e6;
  const asked = server.requests();
  await server.close();
  const store = openStore(join(repository, ".worknode", "worknode.db"), { readonly: true });
  const cycle = store.queries.maxCycle();
  const events = store.events({ run: cycle });
  store.close();
  if (said !== "") throw new Error(said);
  return { asked, events, tookMs };
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

const note = (name, text) => console.log(JSON.stringify({ name, note: text }));

function row(name, values, limit) {
  const runs = values.map((value) => Number(value.toFixed(2)));
  console.log(JSON.stringify({ name, ratio: median(runs), limit, runs }));
}

try {
  await main();
} finally {
  for (const folder of [base, scratch]) rmSync(folder, { recursive: true, force: true });
}
