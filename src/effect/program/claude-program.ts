import { type ChildProcess, spawn } from "node:child_process";
import { err, ok, type Result } from "../../kernel/result.js";
import { findProgram } from "../sandbox/toolchain.js";
import { askProgram } from "./ask-program.js";

/** A user's own Claude Code. */
export interface ClaudeProgram {
  readonly path: string;
  readonly version: string;
}

/** Time its answer to a question about itself may take (ms). */
const QUESTION_MS = 20_000;
/** Longest line taken from it (characters): a whole reply is shorter. */
const MAX_LINE_CHARS = 40 * 1024 * 1024;
/** How long what it said is waited for once it has ended (ms). What left its group may hold its output for ever. */
const END_MS = 1_000;
/** Last characters of standard error kept. */
const MAX_STDERR_CHARS = 4_000;
/** Versions before this read no hook settings that fail closed, and were not tried. */
const OLDEST = [2, 1, 295] as const;

/** Variables it is given as they are: who the user is, how their login is found, how the network is reached. */
const PASSED =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|CLAUDE_CONFIG_DIR|CLAUDE_CODE_OAUTH_TOKEN|CLAUDE_CODE_USE_\w+|ANTHROPIC_(?!CUSTOM_HEADERS)\w+|AWS_\w+|GOOGLE_\w+|CLOUD_ML_REGION|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR))$/;

/** The environment Claude Code runs in: the user's login, and nothing that would make it ask on its own account. */
export function claudeEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const passed = Object.entries(env).filter((pair): pair is [string, string] => PASSED.test(pair[0]) && !!pair[1]);
  return {
    ...Object.fromEntries(passed),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1",
    CLAUDE_CODE_MAX_RETRIES: "0",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_AUTO_COMPACT: "1",
    ENABLE_TOOL_SEARCH: "false",
    MCP_TOOL_TIMEOUT: "100000000",
  };
}

/** Finds `claude` on the PATH and asks its version. The error says what is missing. */
export async function findClaude(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<ClaudeProgram, string>> {
  const path = findProgram("claude", { PATH: env["PATH"] });
  if (path === undefined) return err("the program `claude` is not on the PATH");
  const said = await ask(path, ["--version"], env);
  const version = /^(\d+)\.(\d+)\.(\d+)/.exec(said.stdout);
  if (version === null) return err(`${path} --version says no version: ${said.stdout.slice(0, 100)}${said.fault}`);
  const parts = version.slice(1).map(Number);
  if (isOlder(parts)) return err(`${path} is version ${version[0]}; ${OLDEST.join(".")} or newer is needed`);
  return ok({ path, version: version[0] });
}

function isOlder(parts: readonly number[]): boolean {
  const at = OLDEST.findIndex((least, index) => parts[index] !== least);
  return at >= 0 && (parts[at] ?? 0) < (OLDEST[at] ?? 0);
}

/** Whether somebody is logged in there, or a key is set; false where it does not say so. */
export async function isLoggedIn(
  program: ClaudeProgram,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const { stdout } = await ask(program.path, ["auth", "status"], env);
  return /"loggedIn":\s*true/.test(stdout);
}

async function ask(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ stdout: string; fault: string }> {
  const options = { env: claudeEnvironment(env), timeoutMs: QUESTION_MS };
  const { code, stdout, stderr } = await askProgram([path, ...args], options);
  const why = stderr.trim() === "" ? `it ended with ${code ?? "no answer in time"}` : stderr.trim();
  return { stdout, fault: code === 0 ? "" : ` (${why.slice(0, 300)})` };
}

/** How a program ended: `code` null when it was killed or could not be started. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly stderr: string;
}

/** A program that is spoken with line by line. */
export interface ProgramProcess {
  readonly send: (line: string) => void;
  /** Ends it and what it started, by force. */
  kill(): void;
  readonly ended: Promise<ProgramEnd>;
}

/** What to start, and who hears its lines. */
export interface ProgramStart {
  readonly path: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

/**
 * Starts a program in a process group of its own, which ends with it. Where the kernel can (Linux, util-linux), it is killed
 * when this process ends, however that happens; elsewhere it ends when its standard input does.
 */
export function startProgram({ path, args, cwd, env, onLine }: ProgramStart): ProgramProcess {
  const setpriv = process.platform === "linux" ? findProgram("setpriv", { PATH: env["PATH"] }) : undefined;
  const bound = setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
  const [file = path, ...rest] = [...bound, path, ...args];
  const child = spawn(file, rest, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  const note = (text: string): void => {
    stderr = `${stderr}${text}`.slice(-MAX_STDERR_CHARS);
  };
  const kill = (): void => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child);
  };
  child.stderr.setEncoding("utf8").on("data", note);
  child.stdin.on("error", (thrown) => note(`\nits input: ${thrown.message}`));
  readLines(child, onLine, () => {
    note("\na line was too long");
    kill();
  });
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once("error", (thrown) => resolve({ code: null, stderr: thrown.message }));
    child.once("exit", () => endWith(child));
    child.once("close", (code) => resolve({ code, stderr }));
  });
  return { send: (line) => void child.stdin.write(`${line}\n`), kill, ended };
}

function readLines(child: ChildProcess, onLine: (line: string) => void, tooLong: () => void): void {
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_CHARS) tooLong();
    for (const line of lines) if (line !== "") onLine(line);
  });
}

/** Ends what a program that has ended left behind. */
function endWith(child: ChildProcess): void {
  killGroup(child);
  const timer = setTimeout(() => {
    for (const stream of child.stdio) stream?.destroy();
  }, END_MS);
  child.once("close", () => clearTimeout(timer));
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // the group is gone already
  }
}
