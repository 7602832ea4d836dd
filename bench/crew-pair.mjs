// Runs pairs: a crew, and a bare loop over the SDK that holds the same conversations with the same scripted model.
// The model is a process of its own on both sides, and so is each side; what the model's costs is counted on neither.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { startRehearsal } from "./rehearsal.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MAIN = join(HERE, "..", "dist", "main.js");
/** Share by which the two sides' request bytes may differ: signatures and stamps are not of one length. */
const MAX_UNLIKE = 0.02;
const README = `# a repository\n${"A line of text that an agent reads.\n".repeat(20)}`;

const base = mkdtempSync(join(tmpdir(), "worknode-crew-bench-"));
/** Below `bench/`, so that the bundle finds its packages. */
const scratch = mkdtempSync(join(HERE, ".crew-"));
const bundle = join(scratch, "session.mjs");
let made = 0;

/** Takes away what the pairs left. */
export function cleanUp() {
  for (const folder of [base, scratch]) rmSync(folder, { recursive: true, force: true });
}

/** What `worknode run` does: it sets its process up, and runs a plan. */
const PROGRAM = `export { runPlan } from "./crew/cycle/session.js";
export { tuneEngine } from "./surface/cli/engine.js";`;

/** Bundles the crew, unminified, as `dist` holds it. */
export async function prepare() {
  await build({
    stdin: { contents: PROGRAM, resolveDir: join(HERE, "..", "src") },
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  });
}

/**
 * Runs `pairs` pairs of `{tasks, marks, atOnce, tool}`, each side first in turn, after a rehearsal that is not measured
 * and tells what the crew sends. Throws where the two sides did not send the same. `[{bare, crew, database}]`.
 */
export async function runPairs(pairs, job) {
  const talk = await rehearse(job);
  const runs = [];
  for (let pair = 0; pair < pairs; pair += 1) runs.push(await runPair(job, talk, pair % 2 === 0));
  return runs;
}

async function runPair(job, talk, crewFirst) {
  const place = makePlace(job);
  const files = join(place.folder, "files");
  mkdirSync(files);
  writeFileSync(join(files, "README.md"), README);
  const sides = {
    bare: () => measureSide(place, { ...job, ...talk, side: "bare", files }),
    crew: () => measureSide(place, { ...job, ...crewSetting(place), side: "crew" }),
  };
  const order = crewFirst ? ["crew", "bare"] : ["bare", "crew"];
  const found = {};
  for (const side of order) found[side] = await sides[side]();
  assertAlike(found.crew.sent, found.bare.sent);
  return { ...found, database: statSync(join(place.repository, ".worknode", "worknode.db")).size };
}

function assertAlike(crew, bare) {
  const unlike = Math.abs(crew.bytes / bare.bytes - 1);
  if (crew.requests !== bare.requests || !(unlike <= MAX_UNLIKE))
    throw new Error(`the sides sent ${JSON.stringify({ crew, bare })}, which is not the same`);
}

const crewSetting = ({ repository, folder }) => ({
  bundle,
  repository,
  plan: join(repository, "plan.yaml"),
  state: join(folder, "state"),
});

/** One crew through a proxy, for what it says to its models. */
async function rehearse(job) {
  const place = makePlace(job);
  const model = await startModel(place);
  const proxy = await startRehearsal(model.url);
  try {
    await work(place, { ...job, ...crewSetting(place), side: "crew", marks: [], url: proxy.url });
    const { shapes, tasks } = proxy.write(join(place.folder, "talks"));
    return { shapes, tasks };
  } finally {
    await proxy.stop();
    await model.stop();
  }
}

async function measureSide(place, setting) {
  const model = await startModel(place);
  try {
    const found = await work(place, { ...setting, url: model.url });
    return { ...found, sent: await model.stop() };
  } catch (thrown) {
    await model.stop();
    throw thrown;
  }
}

function makePlace({ tasks, atOnce, tool }) {
  made += 1;
  const folder = join(base, String(made));
  const repository = join(folder, "repo");
  mkdirSync(repository, { recursive: true });
  writeFileSync(join(repository, "README.md"), README);
  writeFileSync(join(repository, "plan.yaml"), JSON.stringify(planOf(tasks, atOnce)));
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    ["-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-qm", "base"],
  ]) {
    const done = spawnSync("git", args, { cwd: repository });
    if (done.status !== 0) throw new Error(`git ${args[0]}: ${String(done.stderr)}`);
  }
  const script = join(folder, "script.json");
  writeFileSync(script, JSON.stringify(scriptOf(tasks, tool)));
  return { folder, repository, script };
}

function planOf(tasks, maxAgents) {
  return {
    apiVersion: "worknode/v1",
    kind: "Plan",
    id: "bench",
    title: "A bench",
    budget: { maxAgents },
    limits: { implementation: { maxExecutions: 2_000 } },
    agents: { lead: { tier: "executive" }, worker: { tier: "implementation" }, judge: { tier: "validation" } },
    phases: [
      {
        id: "work",
        tasks: tasks.map(({ id, files }) => ({ id, title: `Task ${id}`, owner: "worker", files: { write: files } })),
      },
    ],
  };
}

/** The plan review, then for each task its calls and `submit_result`, and a critic that accepts. */
function scriptOf(tasks, tool) {
  const use = (name, input) => ({ tools: [{ name, input }] });
  const callOf = (files, index) =>
    tool === "Read"
      ? use("Read", { file_path: "README.md" })
      : use("Write", {
          file_path: files[index % files.length],
          content: `# note ${index}\n${"some text\n".repeat(20)}`,
        });
  const replies = { "-:plan-review:1": [use("submit_plan_review", { decision: "ACCEPT", risks: [] })] };
  for (const { id, calls, files } of tasks) {
    const listed = Array.from({ length: calls - 1 }, (_, index) => callOf(files, index));
    replies[`${id}:work:1`] = [...listed, use("submit_result", { summary: "done" })];
  }
  return {
    apiVersion: "worknode/v1",
    kind: "Script",
    replies,
    defaults: { critic: [use("submit_verdict", { decision: "ACCEPT" })] },
  };
}

/** The scripted model; `stop` answers what it was sent. */
function startModel({ script, folder }) {
  const told = join(folder, "sent.json");
  const args = ["--import", join(HERE, "count-requests.mjs"), MAIN, "scripted-model", script];
  const env = { ...process.env, WORKNODE_BENCH_COUNT: told };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the scripted model ended with ${code}`)));
    child.stdout.once("data", (line) =>
      resolve({
        url: JSON.parse(String(line)).url,
        stop: () =>
          new Promise((done) => {
            child.removeAllListeners("exit").once("exit", () => done(JSON.parse(readFileSync(told, "utf8"))));
            child.kill("SIGINT");
          }),
      }),
    );
  });
}

function work({ folder }, setting) {
  const file = join(folder, `${setting.side}.json`);
  writeFileSync(file, JSON.stringify(setting));
  const child = spawn(process.execPath, [...profileArgs(setting), join(HERE, "crew-worker.mjs"), file], {
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  return new Promise((resolve, reject) => {
    child.once("close", (code) =>
      code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`${setting.side} ended with ${code}: ${err}`)),
    );
  });
}

/** `WORKNODE_BENCH_PROFILE=<folder>` has each side leave a CPU profile there; figures are then worth nothing. */
function profileArgs({ side }) {
  const folder = process.env.WORKNODE_BENCH_PROFILE;
  return folder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(folder, side)}`];
}
