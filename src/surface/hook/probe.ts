import { randomUUID } from "node:crypto";
import { askProgram } from "../../effect/program/ask-program.js";
import { messageOf } from "../../kernel/fault.js";
import type { HookFault } from "./hook-faults.js";

/** Longest a hook may take to answer a probe. */
const PROBE_MS = 20_000;
/** The session probes are said to be of. */
const SESSION = "worknode-doctor";
const START = "worknode hook start (a new session of Claude Code starts it as well)";

/** What a hook made of a probe, read as Claude Code would. */
type Probed = "allow" | "deny" | HookFault;

/** Where a probe is made, and how the answers of this repository's resident process are known. */
export interface ProbePlace {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What answers carry; undefined where nothing is installed on this machine. */
  readonly answer: string | undefined;
  /** What writes the hook anew. */
  readonly install: string;
}

/**
 * Runs a hook as Claude Code does, with a call that touches nothing and one that is refused whatever is claimed, and
 * says what is wrong with its answers. Neither probe is carried out or recorded.
 */
export async function probeHook(hook: Readonly<Record<string, unknown>>, place: ProbePlace): Promise<HookFault[]> {
  const free = await ask(hook, place, call("TodoWrite", { todos: [] }));
  if (typeof free !== "string") return [free];
  const refused = await ask(hook, place, call("Write", { file_path: "~/worknode-doctor", content: "" }));
  await ask(hook, place, { hook_event_name: "SessionEnd", reason: "other" });
  if (typeof refused !== "string") return [refused];
  return [
    ...(free === "allow" ? [] : [wrong("a call that touches nothing is refused", place)]),
    ...(refused === "deny" ? [] : [wrong("a call that nobody may make is let through", place)]),
  ];
}

function call(tool_name: string, tool_input: object): object {
  const tool_use_id = `toolu_doctor_${randomUUID()}`;
  return { hook_event_name: "PreToolUse", permission_mode: "default", tool_name, tool_input, tool_use_id };
}

function wrong(detail: string, { install }: ProbePlace): HookFault {
  return { detail, fix: `worknode hook stop && worknode hook start; then ${install}` };
}

async function ask(hook: Readonly<Record<string, unknown>>, place: ProbePlace, event: object): Promise<Probed> {
  const text = JSON.stringify({ session_id: SESSION, transcript_path: "", cwd: place.cwd, ...event });
  return hook["type"] === "http" ? await askByHttp(hook, place, text) : await askByCommand(hook, place, text);
}

async function askByHttp(
  { url, headers }: Readonly<Record<string, unknown>>,
  { answer, install }: ProbePlace,
  body: string,
): Promise<Probed> {
  const at = String(url);
  try {
    const signal = AbortSignal.timeout(PROBE_MS);
    const all = { ...(headers as Record<string, string>), "content-type": "application/json" };
    const reply = await fetch(at, { method: "POST", headers: all, body, signal, redirect: "error" });
    if (reply.headers.get("x-worknode-answer") === answer && reply.status === 200) return verdictOf(await reply.text());
    if (reply.status === 401) return { detail: `the token it sends is not the resident process's`, fix: install };
    return { detail: `somebody else answers at ${at} (${reply.status})`, fix: `end that program, then ${START}` };
  } catch (thrown) {
    return { detail: `the resident process does not answer at ${at} (${messageOf(thrown)})`, fix: START };
  }
}

async function askByCommand(
  { command }: Readonly<Record<string, unknown>>,
  { cwd, env, install }: ProbePlace,
  input: string,
): Promise<Probed> {
  const argv = ["/bin/sh", "-c", String(command)];
  const { code, stdout, stderr } = await askProgram(argv, { cwd, env, timeoutMs: PROBE_MS, input });
  const said = stderr.trim().split("\n")[0] ?? "";
  if (code === 0) return verdictOf(stdout);
  if (code === 126 || code === 127)
    return { detail: `its command cannot be run: ${said}`, fix: fixFor(command, install) };
  if (code === 2) return { detail: `it blocks everything: ${said}`, fix: START };
  return { detail: `it ended with ${code ?? "no answer in time"}: ${said}`, fix: install };
}

/** The settings a team commits name `worknode` as found in PATH. */
function fixFor(command: unknown, install: string): string {
  return String(command).startsWith("worknode ") ? "put `worknode` in PATH (npm install --global worknode)" : install;
}

function verdictOf(text: string): Probed {
  try {
    const { hookSpecificOutput: said } = JSON.parse(text) as { hookSpecificOutput?: { permissionDecision?: unknown } };
    return said?.permissionDecision === "deny" ? "deny" : "allow";
  } catch (thrown) {
    return { detail: `its answer is not JSON (${messageOf(thrown)})`, fix: START };
  }
}
