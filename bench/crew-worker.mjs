// One side of a pair: a crew run by worknode (`crew`), or the same requests and the same calls by a bare loop over
// the SDK (`bare`). Prints {marks: [{calls, cpuUs}], peakRssKb}: CPU time of this process after so many tool calls.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

const setting = JSON.parse(readFileSync(process.argv[2], "utf8"));
const marks = [];
let calls = 0;

function count() {
  calls += 1;
  if (!setting.marks.includes(calls)) return;
  const { user, system } = process.cpuUsage();
  marks.push({ calls, cpuUs: user + system });
}

async function crew() {
  const { runPlan } = await import(setting.bundle);
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

/** The conversations of the crew, in the same number at once, with the same prompts in size and the same tools. */
async function bare() {
  const { default: Anthropic } = await import("@anthropic-ai/sdk");
  const client = new Anthropic({ apiKey: "bench", baseURL: setting.url, maxRetries: 0 });
  const waiting = [...setting.conversations];
  await Promise.all(
    Array.from({ length: setting.atOnce }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await converse(client, next);
    }),
  );
}

async function converse(client, { key, prompt, work }) {
  const messages = [{ role: "user", content: prompt }];
  for (let index = 1; ; index += 1) {
    const stream = client.messages.stream(
      {
        model: setting.model,
        max_tokens: 16_000,
        system: [{ type: "text", text: setting.system, cache_control: { type: "ephemeral" } }],
        tools: setting.tools,
        messages,
      },
      { headers: headersOf(key, index) },
    );
    const reply = await stream.finalMessage();
    messages.push({ role: "assistant", content: reply.content });
    const uses = reply.content.filter((block) => block.type === "tool_use");
    if (uses.length === 0 || uses.some(({ name }) => name.startsWith("submit_"))) {
      if (work) count();
      return;
    }
    messages.push({ role: "user", content: uses.map(perform) });
    if (work) count();
  }
}

function headersOf(key, index) {
  const [task] = key.split(":");
  return {
    "x-worknode-agent": "bare",
    "x-worknode-tier": "implementation",
    "x-worknode-task": task,
    "x-worknode-execution": `1:${key}:${index}`,
  };
}

function perform({ id, name, input }) {
  const file = join(setting.files, input.file_path);
  if (name === "Read") return { type: "tool_result", tool_use_id: id, content: readFileSync(file, "utf8") };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, input.content);
  return { type: "tool_result", tool_use_id: id, content: `Write done: ${input.file_path}` };
}

await (setting.side === "crew" ? crew() : bare());
console.log(JSON.stringify({ marks, calls, peakRssKb: process.resourceUsage().maxRSS }));
