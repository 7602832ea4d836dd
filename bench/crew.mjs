// A crew against a bare loop over the SDK that sends the same requests to the same loopback model and makes the same
// calls (issue 2, Speed). Prints one JSON row a line: {name, ratio, limit}. Both sides are processes of their own.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MAIN = join(HERE, "..", "dist", "main.js");
const PAIRS = 3;
const MB = 1024 * 1024;
/** Calls counted before the first mark: what starting costs is no cost of a call. */
const WARM = 20;

const base = mkdtempSync(join(tmpdir(), "worknode-crew-bench-"));
/** Below `bench/`, so that the bundle finds its packages. */
const scratch = mkdtempSync(join(HERE, ".crew-"));
const model = "claude-sonnet-5-5";
let made = 0;

/** The crew's own prompt and tools, read off one of its requests, so that the bare loop sends as much. */
let talk;

async function main() {
  const bundle = join(scratch, "session.mjs");
  await build({
    entryPoints: [join(HERE, "..", "src", "crew", "session.ts")],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  });
  const wanted = process.argv[2] ?? "";
  if ("one agent".includes(wanted)) await oneAgent(bundle);
  if ("many agents".includes(wanted)) await manyAgents(bundle);
}

/** One agent that writes files: CPU a call, its growth, the size of the log. */
async function oneAgent(bundle) {
  const total = 1_060;
  const marks = [WARM, WARM + 200, 50, 150, 950, 1_050].sort((a, b) => a - b);
  const tasks = [{ id: "A", calls: total, files: Array.from({ length: 20 }, (_, index) => `notes/${index}.md`) }];
  const runs = [];
  for (let pair = 0; pair < PAIRS; pair += 1)
    runs.push(await runPair(bundle, { tasks, marks, atOnce: 1, tool: "Write" }));
  const perCall = ({ marks: list }, from, to) => (at(list, to) - at(list, from)) / (to - from);
  row(
    "one agent, 200 calls: CPU a call / bare SDK",
    median(runs.map(({ crew, bare }) => perCall(crew, WARM, WARM + 200) / perCall(bare, WARM, WARM + 200))),
    1.3,
  );
  const above = ({ crew, bare }, from, to) => perCall(crew, from, to) - perCall(bare, from, to);
  row(
    "cost above the bare loop: call 1,000 / call 100",
    median(runs.map((run) => above(run, 950, 1_050) / above(run, 50, 150))),
    1.3,
  );
  row("database after 1,000 calls (MB)", median(runs.map(({ database }) => database / MB)), 10);
}

/** 1,000 agents that read, 50 at a time. */
async function manyAgents(bundle) {
  const tasks = Array.from({ length: 1_000 }, (_, index) => ({ id: `T${index}`, calls: 10, files: [] }));
  const { crew, bare } = await runPair(bundle, { tasks, marks: [500, 9_500], atOnce: 50, tool: "Read" });
  const cpu = ({ marks }) => at(marks, 9_500) - at(marks, 500);
  row("1,000 agents x 10 calls, 50 at a time: CPU / bare SDK", cpu(crew) / cpu(bare), 1.4);
  row("the same: peak memory / bare SDK", crew.peakRssKb / bare.peakRssKb, 1.3);
}

const at = (marks, calls) => marks.find((mark) => mark.calls === calls).cpuUs;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function row(name, ratio, limit) {
  console.log(JSON.stringify({ name, ratio: Number(ratio.toFixed(2)), limit }));
}

async function runPair(bundle, { tasks, marks, atOnce, tool }) {
  made += 1;
  const folder = join(base, String(made));
  const repository = makeRepository(folder, tasks, atOnce);
  const script = join(folder, "script.json");
  writeFileSync(script, JSON.stringify(scriptOf(tasks, tool)));
  const server = await startModel(script);
  try {
    talk ??= await overhear(server.url, { bundle, folder, repository, tasks });
    const common = { bundle, marks, atOnce, model, url: server.url, plan: join(repository, "plan.yaml"), ...talk };
    const conversations = tasks.flatMap(({ id }) => [
      { key: `${id}:work:1`, prompt: talk.prompt, work: true },
      { key: `${id}:critic:1`, prompt: talk.prompt, work: false },
    ]);
    const files = join(folder, "files");
    mkdirSync(files);
    writeFileSync(join(files, "README.md"), README);
    const bare = await measure(folder, { ...common, side: "bare", conversations, files });
    const crew = await measure(folder, { ...common, side: "crew", repository, state: join(folder, "state") });
    const database = statSync(join(repository, ".worknode", "worknode.db")).size;
    return { bare, crew, database };
  } finally {
    await server.stop();
  }
}

const README = `# a repository\n${"A line of text that an agent reads.\n".repeat(20)}`;

function makeRepository(folder, tasks, atOnce) {
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
  return repository;
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
    const made = Array.from({ length: calls - 1 }, (_, index) => callOf(files, index));
    replies[`${id}:work:1`] = [...made, use("submit_result", { summary: "done" })];
  }
  return {
    apiVersion: "worknode/v1",
    kind: "Script",
    replies,
    defaults: { critic: [use("submit_verdict", { decision: "ACCEPT" })] },
  };
}

function startModel(script) {
  const child = spawn(process.execPath, [MAIN, "scripted-model", script], { stdio: ["ignore", "pipe", "ignore"] });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the scripted model ended with ${code}`)));
    child.stdout.once("data", (line) =>
      resolve({
        url: JSON.parse(String(line)).url,
        stop: () =>
          new Promise((done) => {
            child.removeAllListeners("exit").once("exit", done);
            child.kill("SIGINT");
          }),
      }),
    );
  });
}

/** What the crew tells its models, from the log of a run of one short task of the same plan. */
async function overhear(url, { bundle, folder }) {
  const probe = join(folder, "probe");
  const repository = makeRepository(probe, [{ id: "A", calls: 2, files: ["notes/0.md"] }], 1);
  const script = join(probe, "script.json");
  writeFileSync(script, JSON.stringify(scriptOf([{ id: "A", calls: 2, files: ["notes/0.md"] }], "Write")));
  const server = await startModel(script);
  try {
    await measure(probe, {
      side: "crew",
      bundle,
      marks: [],
      url: server.url,
      plan: join(repository, "plan.yaml"),
      repository,
      state: join(probe, "state"),
    });
  } finally {
    await server.stop();
  }
  const log = spawnSync(process.execPath, [MAIN, "log", "--json"], {
    cwd: repository,
    encoding: "utf8",
    maxBuffer: 64 * MB,
  });
  const events = log.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const { system, prompt, tools } = events.find(
    ({ type, payload }) => type === "CONVERSATION_STARTED" && payload.kind === "work",
  ).payload;
  const schema = { type: "object", properties: { file_path: { type: "string" }, content: { type: "string" } } };
  return {
    system,
    prompt,
    tools: tools.map((name) => ({
      name,
      description: "A tool of the crew, described in a sentence or two.",
      input_schema: schema,
    })),
  };
}

function measure(folder, setting) {
  const file = join(folder, `${setting.side}.json`);
  writeFileSync(file, JSON.stringify(setting));
  const child = spawn(process.execPath, [join(HERE, "crew-worker.mjs"), file], {
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

try {
  await main();
} finally {
  for (const folder of [base, scratch]) rmSync(folder, { recursive: true, force: true });
}
