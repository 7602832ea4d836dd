// What a decision costs a session of Claude Code (issue 5, Speed): an http hook answered by the resident process, against
// the same hook answered with `{}` at once; and the client for sessions' starts, which runs no Node, against `node
// hook.js`. Prints one JSON row a line. Both sides are sent the same events over a connection of their own, in turn; a
// ratio is the median of the pairs.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MAIN = join(HERE, "..", "dist", "main.js");
const [WARM_UP, PAIRS, STARTS] = [200, 1_000, 41];
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
agents: { implementer: { tier: implementation } }
limits: { implementation: { maxExecutions: 100000 } }
waivers: [{ rule: coverage, tasks: [N-1], reason: notes }, { rule: tests, tasks: [N-1], reason: notes }]
phases:
  - id: write
    tasks: [{ id: N-1, title: Write, owner: implementer, limits: { maxExecutions: 100000 }, files: { write: [notes/one.md, src/one.js] } }]
`;
/** Answers every hook with `{}` at once, or once a line was forced to disk: what no decision, or none on record, can cost less than. */
const BARE = `const { openSync, writeSync, fsyncSync } = require("node:fs");
const log = process.argv[1] === undefined ? undefined : openSync(process.argv[1], "a");
const server = require("node:http").createServer((request, response) => {
  request.resume().on("end", () => {
    if (log !== undefined) fsyncSync((writeSync(log, "x".repeat(2000)), log));
    response.writeHead(200, { "content-type": "application/json", "content-length": 2 });
    response.end("{}");
  });
}).listen(0, "127.0.0.1", () => console.log(server.address().port));`;
/** The client a hook would be without worknode's: a Node of its own for each event. */
const NODE_HOOK = `const { readFileSync } = require("node:fs");
const { port, token } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const event = readFileSync(0);
const headers = { authorization: "Bearer " + token, "content-type": "application/json", "content-length": event.length };
require("node:http").request({ host: "127.0.0.1", port, path: "/hook", method: "POST", headers }, (reply) => reply.pipe(process.stdout)).end(event);`;

const base = mkdtempSync(join(tmpdir(), "worknode-hooks-bench-"));
const repo = join(base, "repo");
const env = { PATH: process.env.PATH, HOME: base, LANG: "C.UTF-8", XDG_STATE_HOME: join(base, "state") };
const own = [];

async function main() {
  const settings = install();
  const hook = settings.hooks.PreToolUse[0].hooks[0];
  const ours = { port: Number(new URL(hook.url).port), headers: hook.headers };
  const bare = { port: await startBare(), headers: hook.headers };
  const disk = { port: await startBare(join(base, "log")), headers: hook.headers };
  await startResident();
  const free = await folderOf(ours, "UserPromptSubmit", { prompt: "hello" });
  if (free !== undefined) throw new Error("nothing should be claimed yet");
  const atOnce = "the same hook answering {} at once";
  await compare(`a look with nothing claimed / ${atOnce}`, [ours, bare], () => read(repo));
  const folder = await folderOf(ours, "UserPromptSubmit", { prompt: "continue" });
  if (folder === undefined) throw new Error("no task was claimed");
  await compare(`a look of the claimed task / ${atOnce}`, [ours, bare], () => read(folder));
  const note = (n) => write(join(folder, "notes/one.md"), n);
  await compare(`a write of the claimed task / ${atOnce}`, [ours, bare], note, 300);
  await compare(`the same / a hook that forces 2 kB to disk and answers {}`, [ours, disk], note, 300);
  await fallback(settings.hooks.SessionStart[0].hooks[0].command, ours);
}

/** A repository with an approved plan and worknode's hooks; answers the settings. */
function install() {
  mkdirSync(repo, { recursive: true });
  writeFileSync(join(repo, "plan.yaml"), PLAN);
  writeFileSync(join(repo, "README.md"), "# r\n");
  const claude = join(base, "claude");
  writeFileSync(claude, "#!/bin/sh\necho '2.1.329 (Claude Code)'\n");
  chmodSync(claude, 0o755);
  const git = (...args) => execFileSync("git", args, { cwd: repo, env });
  git("init", "-q");
  git("add", "-A");
  git("-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-qm", "one");
  worknode("plan", "approve", "plan.yaml");
  env.WORKNODE_CLAUDE = claude;
  worknode("install", "claude-code");
  return JSON.parse(readFileSync(join(repo, ".claude", "settings.local.json"), "utf8"));
}

function worknode(...args) {
  return execFileSync(process.execPath, [MAIN, ...args], { cwd: repo, env, encoding: "utf8" });
}

function startBare(...log) {
  const child = spawn(process.execPath, ["-e", BARE, ...log], { env, stdio: ["ignore", "pipe", "inherit"] });
  own.push(child);
  return new Promise((done) => child.stdout.once("data", (text) => done(Number(text))));
}

/** The resident process, in the foreground. */
async function startResident() {
  const child = spawn(process.execPath, [MAIN, "hook", "serve"], {
    cwd: repo,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  own.push(child);
  await new Promise((done) => child.stdout.once("data", done));
}

let calls = 0;
function call(tool_name, tool_input) {
  calls += 1;
  return { hook_event_name: "PreToolUse", tool_name, tool_input, tool_use_id: `toolu_${calls}` };
}
const read = (folder) => call("Read", { file_path: join(folder, "README.md") });
const write = (file_path, n) => call("Write", { file_path, content: `# note ${n}\n`.repeat(20) });

async function folderOf(side, hook_event_name, more) {
  const { hookSpecificOutput } = await send(side, { hook_event_name, ...more });
  return /Work in (\S+) and/.exec(hookSpecificOutput?.additionalContext ?? "")?.[1];
}

function send({ port, headers }, event) {
  const body = JSON.stringify({ session_id: "bench", cwd: repo, permission_mode: "default", ...event });
  return new Promise((done, fail) => {
    const all = { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const options = { host: "127.0.0.1", port, path: "/hook", method: "POST", headers: all, agent: false };
    const asked = request(options, (reply) => {
      let text = "";
      reply.on("data", (chunk) => (text += chunk));
      reply.on("end", () => done(JSON.parse(text)));
    });
    asked.on("error", fail);
    asked.end(body);
  });
}

/** Milliseconds from sending to the whole answer. */
async function timed(side, event) {
  const before = performance.now();
  const said = await send(side, event);
  return { ms: performance.now() - before, said };
}

async function compare(name, [ours, other], make, pairs = PAIRS) {
  const ratios = [];
  for (let n = 0; n < WARM_UP + pairs; n += 1) {
    const event = make(n);
    const order = n % 2 === 0 ? [ours, other] : [other, ours];
    const times = [await timed(order[0], event), await timed(order[1], event)];
    const [mine, theirs] = n % 2 === 0 ? times : times.toReversed();
    if (mine.said.hookSpecificOutput?.permissionDecision === "deny") throw new Error(`${name}: denied`);
    if (n >= WARM_UP) ratios.push(mine.ms / theirs.ms);
  }
  const ratio = Number(median(ratios).toFixed(2));
  console.log(JSON.stringify({ name: `hook decision, ${name}`, ratio, limit: 2 }));
}

/** The client that starts no Node, on the common path: the resident process is there. */
async function fallback(command, ours) {
  const [script, state] = command.split(" ");
  const started = join(base, "node-was-started");
  const starter = join(base, "start.sh");
  writeFileSync(starter, `#!/bin/sh\ntouch ${started}\n`, { mode: 0o755 });
  const hook = join(base, "hook.js");
  writeFileSync(hook, NODE_HOOK);
  const event = JSON.stringify({ session_id: "bench", cwd: repo, ...call("TodoWrite", { todos: [] }) });
  const costs = { client: [], node: [] };
  const argv = { client: ["/bin/sh", script, state, starter], node: [process.execPath, hook, state] };
  const http = [];
  for (let round = 0; round < STARTS; round += 1) {
    for (const [name, words] of Object.entries(argv)) costs[name].push(costOf(words, event));
    http.push((await timed(ours, read(repo))).ms / costs.node.at(-1).wall);
  }
  if (existsSync(started)) throw new Error("the client started a process though the resident one was there");
  const byHttp = Number(median(http).toFixed(3));
  console.log(JSON.stringify({ name: "a decision by http hook / node hook.js, elapsed", ratio: byHttp, limit: 1 }));
  for (const kind of ["cpu", "wall"]) {
    const ratio = median(costs.client.map((cost, index) => cost[kind] / costs.node[index][kind]));
    console.log(
      JSON.stringify({
        name: `the client without Node / node hook.js, whole processes (${kind})`,
        ratio: Number(ratio.toFixed(2)),
        limit: 1,
      }),
    );
  }
}

/** Milliseconds of one whole process: user and system time, and elapsed. */
function costOf(words, input) {
  const script = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null';
  const done = spawnSync("bash", ["-c", script, "bash", ...words], { cwd: repo, env, input, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${words.join(" ")} ended with ${done.status}: ${done.stderr}`);
  const [user, system, wall] = done.stderr
    .trim()
    .split(" ")
    .map((text) => Number(text) * 1_000);
  return { cpu: user + system, wall };
}

function median(values) {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
}

try {
  await main();
} finally {
  for (const child of own) child.kill("SIGTERM");
  rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
