// One side of a pair: a crew run by worknode (`crew`), or the same conversations and the same calls by a bare loop
// over the SDK (`bare`). Prints {marks: [{calls, cpuUs}], cpuUs, peakRssKb}: CPU time of this process, and of the
// processes it started and waited for, after so many tool calls and at the end.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

/** Length of a clock tick of /proc (µs): USER_HZ is 100 wherever Node runs. */
const TICK_US = 10_000;

const setting = JSON.parse(readFileSync(process.argv[2], "utf8"));
const marks = [];
let calls = 0;

function cpuUs() {
  const { user, system } = process.cpuUsage();
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return user + system + (Number(fields[13]) + Number(fields[14])) * TICK_US;
}

function count() {
  calls += 1;
  if (setting.marks.includes(calls)) marks.push({ calls, cpuUs: cpuUs() });
}

async function crew() {
  const { runPlan, tuneEngine } = await import(setting.bundle);
  tuneEngine();
  const ended = await runPlan({
    cwd: setting.repository,
    env: { ...process.env, ANTHROPIC_BASE_URL: setting.url, ANTHROPIC_API_KEY: "bench", XDG_STATE_HOME: setting.state },
    signal: new AbortController().signal,
    onEvent: (event) => {
      if (event.type === "TOOL_RESULT" && event.execution !== null && event.stream.includes(":work:")) count();
    },
    planPath: setting.plan,
    yes: true,
    inputs: {},
    includeWip: false,
  });
  if (ended.exitCode !== 0) throw new Error(`the crew ended with ${ended.exitCode}: ${ended.reason}`);
}

/** The crew's own conversations, task after task, as many at once. */
async function bare() {
  const { default: Anthropic } = await import("@anthropic-ai/sdk");
  const client = new Anthropic({ apiKey: "bench", baseURL: setting.url });
  const { shapes } = setting;
  let next = 0;
  await Promise.all(
    Array.from({ length: setting.atOnce }, async () => {
      while (next < setting.tasks.length) {
        const talks = setting.tasks[next++];
        for (const { file, shape, work } of talks) await converse(client, shapes[shape], { file, work });
      }
    }),
  );
}

async function converse(client, shape, { file, work }) {
  const { id, headers, messages } = JSON.parse(readFileSync(file, "utf8"));
  for (let index = 1; ; index += 1) {
    const sent = { headers: { ...headers, "x-worknode-execution": `${id}:${index}` } };
    const reply = await client.messages.stream({ ...shape, messages }, sent).finalMessage();
    messages.push({ role: "assistant", content: reply.content });
    const uses = reply.content.filter((block) => block.type === "tool_use");
    const last = uses.length === 0 || uses.some(({ name }) => name.startsWith("submit_"));
    if (!last) messages.push({ role: "user", content: uses.map(perform) });
    if (work) count();
    if (last) return;
  }
}

function perform({ id, name, input }) {
  const file = join(setting.files, input.file_path);
  if (name === "Read") return result(id, numbered(readFileSync(file, "utf8")));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, input.content);
  return result(id, `Write done: ${input.file_path}`);
}

const result = (id, content) => ({ type: "tool_result", tool_use_id: id, content });

/** Lines as Claude Code's `Read` shows them. */
function numbered(text) {
  const lines = text.replace(/\n$/, "").split("\n");
  return lines.map((line, index) => `${String(index + 1).padStart(6)}\t${line}`).join("\n");
}

await (setting.side === "crew" ? crew() : bare());
console.log(JSON.stringify({ marks, calls, cpuUs: cpuUs(), peakRssKb: process.resourceUsage().maxRSS }));
