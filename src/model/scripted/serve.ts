import { readFileSync } from "node:fs";
import { invalid, messageOf } from "../../kernel/fault.js";
import { parseScript } from "./script.js";
import { type ScriptedServer, startScriptedServer } from "./server.js";

/** Replies enough for a bench: `calls` reads of one file, then the result is handed in. */
function benchReply(index: number, calls: number) {
  if (index >= calls) return { tools: [{ name: "submit_result", input: { summary: "done" } }] };
  return { text: `call ${index}`, tools: [{ name: "Read", input: { file_path: "README.md" } }] };
}

/**
 * The scripted model as a program of its own, so that a bench measures its client alone. Arguments:
 * `SCRIPT [PORT]`, or `--calls N [PORT]` for N tool calls in every conversation. Prints one line of
 * JSON, `{"url", "pid", "scripted": true}`, and serves until the process is ended. Rejects when the
 * script or the port is no good.
 */
export async function serve(args: readonly string[]): Promise<ScriptedServer> {
  const calls = args[0] === "--calls" ? Number(args[1]) : undefined;
  const port = Number(args[calls === undefined ? 1 : 2] ?? 0);
  const server = await startScriptedServer({
    port,
    control: true,
    ...(calls === undefined
      ? { script: readScript(args[0] ?? "") }
      : { respond: (request) => benchReply(request.index, calls), requireHeaders: false, eventByEvent: false }),
  });
  process.stdout.write(`${JSON.stringify({ url: server.url, pid: process.pid, scripted: true })}\n`);
  return server;
}

function readScript(path: string) {
  const script = parseScript(textOf(path));
  if (!script.ok) throw invalid("SCRIPT_INVALID", `${path}: ${script.error}`);
  return script.value;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    throw invalid("SCRIPT_INVALID", `the script cannot be read: ${messageOf(thrown)}`, thrown);
  }
}
