/** How a fake misbehaves; `none` does not. */
export type FakeFault = "none" | "own-agent" | "garbage" | "dies" | "child";

/**
 * Source of a program that speaks as Claude Code does headless (seen on 2.1.329): stream-json both ways, its MCP server
 * on the other side of its own input and output, a record of each session in its home. It asks the model it is given.
 * Each start is written to `starts.log` in its home.
 */
export function fakeClaude({ version = "2.1.329", fault = "none" as FakeFault, loggedIn = true } = {}): string {
  return `const [VERSION, FAULT, LOGGED_IN] = ${JSON.stringify([version, fault, loggedIn])};\n${SOURCE}`;
}

const SOURCE = `
const fs = require("node:fs"), path = require("node:path"), readline = require("node:readline");
const args = process.argv.slice(2), home = process.env.HOME;
if (args[0] === "--version") { console.log(VERSION + " (Claude Code)"); process.exit(0); }
if (args[0] === "auth") { console.log(JSON.stringify({ loggedIn: LOGGED_IN })); process.exit(LOGGED_IN ? 0 : 1); }
const value = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const system = args.find((each) => each.startsWith("--system-prompt=")).slice("--system-prompt=".length);
const say = (line) => process.stdout.write(JSON.stringify(line) + "\\n");
const session = value("--resume") ?? value("--session-id");
const record = path.join(home, session + ".json");
fs.appendFileSync(path.join(home, "starts.log"), JSON.stringify({ pid: process.pid, args, cwd: process.cwd(), env: process.env }) + "\\n");
if (value("--resume") && !fs.existsSync(record)) {
  process.stderr.write("No conversation found with session ID: " + session + "\\n");
  say({ type: "result", subtype: "error_during_execution", is_error: true });
  process.exitCode = 1;
} else main();

function main() {
  const messages = value("--resume") ? JSON.parse(fs.readFileSync(record, "utf8")) : [];
  const answers = new Map();
  let asked = 0, tools, turns = Promise.resolve();
  readline.createInterface({ input: process.stdin }).on("line", (text) => {
    const line = JSON.parse(text);
    if (line.type === "control_response") answers.get(line.response.request_id)(line.response);
    if (line.type === "user") turns = turns.then(() => turn(line.message.content));
  }).on("close", () => process.exit(0));

  async function rpc(method, params) {
    const request_id = "r" + ++asked;
    const message = { jsonrpc: "2.0", id: asked, method, params };
    const answer = new Promise((done) => answers.set(request_id, done));
    say({ type: "control_request", request_id, request: { subtype: "mcp_message", server_name: "worknode", message } });
    return (await answer).response.mcp_response.result;
  }

  async function turn(text) {
    if (FAULT === "dies") { process.stderr.write("boom\\n"); process.exit(3); }
    if (FAULT === "garbage") return void process.stdout.write("this is no JSON\\n");
    if (FAULT === "child") require("node:child_process").spawn("sleep", ["600"], { stdio: "ignore" });
    if (tools === undefined) {
      await rpc("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "fake", version: "1" } });
      tools = (await rpc("tools/list", {})).tools;
    }
    const open = (messages.at(-1)?.content ?? []).filter(({ type }) => type === "tool_use");
    const lost = open.map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "interrupted", is_error: true }));
    messages.push({ role: "user", content: [...lost, { type: "text", text }] });
    for (;;) {
      const reply = await ask();
      if (reply === undefined) return void process.exit(1);
      const calls = reply.filter(({ type }) => type === "tool_use");
      if (calls.length === 0) return say({ type: "result", subtype: "success", is_error: false, result: "" });
      const results = [];
      for (const { id, name, input } of calls) {
        const params = { name, arguments: input, _meta: { "claudecode/toolUseId": id } };
        const { content, isError } = await rpc("tools/call", params);
        results.push({ type: "tool_result", tool_use_id: id, content: content[0].text, ...(isError ? { is_error: true } : {}) });
      }
      messages.push({ role: "user", content: results });
      save();
    }
  }

  function save() { fs.writeFileSync(record, JSON.stringify(messages)); }

  async function ask() {
    const own = Object.fromEntries((process.env.ANTHROPIC_CUSTOM_HEADERS ?? "").split("\\n").filter(Boolean).map((line) => line.split(": ")));
    const answer = await fetch(process.env.ANTHROPIC_BASE_URL + "/v1/messages", {
      method: "POST",
      headers: { "content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "x", ...own },
      body: JSON.stringify({
        model: value("--model"), system, messages, stream: true, max_tokens: Number(process.env.CLAUDE_CODE_MAX_OUTPUT_TOKENS),
        tools: tools.map(({ name, description, inputSchema }) => ({ name, description, input_schema: inputSchema })),
      }),
    });
    if (!answer.ok) {
      const text = "API Error: " + answer.status + " " + (await answer.text());
      say({ type: "assistant", message: { model: "<synthetic>", content: [{ type: "text", text }] } });
      say({ type: "result", subtype: "success", is_error: true, result: text });
      return undefined;
    }
    let blocks = [], rest = "";
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\\n");
      rest = lines.pop();
      for (const line of lines) if (line.startsWith("data: ")) blocks = take(JSON.parse(line.slice(6)), blocks);
    }
    return blocks;
  }

  // A reply is on record before its end is told: whoever acts on it may end this program at once.
  function take(event, blocks) {
    if (event.type === "message_stop") {
      blocks = blocks.map(({ json, ...block }) => (block.type === "tool_use" ? { ...block, input: JSON.parse(json || "{}") } : block));
      messages.push({ role: "assistant", content: blocks });
      save();
    }
    const shown = structuredClone(event);
    if (shown.content_block?.type === "tool_use") shown.content_block.name = "mcp__worknode__" + shown.content_block.name;
    say({ type: "stream_event", event: shown, parent_tool_use_id: FAULT === "own-agent" ? "toolu_x" : null, session_id: session });
    if (event.type === "content_block_start") blocks.push({ ...event.content_block, ...(event.content_block.type === "tool_use" ? { json: "" } : {}) });
    const { delta = {} } = event, block = blocks.at(-1);
    if (delta.type === "text_delta") block.text += delta.text;
    if (delta.type === "input_json_delta") block.json += delta.partial_json;
    return blocks;
  }
}
`;
