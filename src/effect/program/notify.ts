import { spawn, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { invalid, messageOf } from "../../kernel/fault.js";
import { isExecutable } from "../sandbox/toolchain.js";

/** Longest time one notice may take. */
const NOTICE_MS = 10_000;
/** Notices that wait for the one under way; more are dropped and counted. */
const MAX_WAITING = 100;
/** Longest wait for the last notices when a run ends. */
const CLOSE_MS = 15_000;

const ADDRESS = /^https?:\/\//i;

/** Sends notices one after the other, beside the run and never in its way. */
export interface Notifier {
  /** Queues a notice and returns at once. */
  send(notice: object): void;
  /** Waits a bounded time for what is queued; answers what went wrong, one sentence each kind. */
  close(): Promise<string[]>;
}

/** Where a program is started, and the time one notice may take (NOTICE_MS unless given). */
export interface NotifierPlace {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly noticeMs?: number;
}

/**
 * Tells a person's command or address of what happens: the notice as JSON on standard input, or by POST. The command
 * is theirs, for the shell, and runs as them, not in the sandbox; nothing of a notice becomes part of it.
 */
export function openNotifier(target: string, at: NotifierPlace): Notifier {
  const waiting: string[] = [];
  const problems = new Map<string, number>();
  let working: Promise<void> = Promise.resolve();
  let busy = false;
  const note = (problem: string): void => void problems.set(problem, (problems.get(problem) ?? 0) + 1);

  async function drain(): Promise<void> {
    for (let text = waiting.shift(); text !== undefined; text = waiting.shift())
      await deliver(target, text, at).catch((thrown: unknown) => note(messageOf(thrown)));
    busy = false;
  }

  return {
    send(notice) {
      if (waiting.length >= MAX_WAITING) return note(`more than ${MAX_WAITING} notices waited; some were dropped`);
      waiting.push(JSON.stringify(notice));
      if (busy) return;
      busy = true;
      working = drain();
    },
    async close() {
      const late = await within(CLOSE_MS, working);
      if (late) note(`${waiting.length + 1} notice(s) were not sent within ${CLOSE_MS} ms`);
      waiting.length = 0;
      return [...problems].map(([problem, count]) => (count === 1 ? problem : `${problem} (${count} times)`));
    },
  };
}

/**
 * Looks before a run begins whether there is somebody to tell: a name mistyped in the evening would be met in the morning.
 * Throws Fault NOTIFY_MISSING (exit 2).
 */
export function requireNotifier(target: string, { cwd, env }: NotifierPlace): void {
  if (ADDRESS.test(target)) {
    if (URL.canParse(target)) return;
    throw invalid("NOTIFY_MISSING", `--notify ${target}: this is no address.`);
  }
  const program = firstWord(target);
  if (program === "" || (program !== undefined && !isKnown(program, { cwd, env })))
    throw invalid("NOTIFY_MISSING", `--notify ${target}: there is no program ${program} that could be started.`);
}

/** What a command starts; undefined where only the shell can tell, by quotes, variables or its own grammar. */
function firstWord(target: string): string | undefined {
  const [word = ""] = target.trim().split(/[\s;&|<>]+/);
  return /^[\w./@%:,+-]*$/.test(word) ? word : undefined;
}

/** Whether the shell would know what to start. */
function isKnown(program: string, { cwd, env }: NotifierPlace): boolean {
  if (program.includes("/")) return isExecutable(resolve(cwd, program));
  return spawnSync("/bin/sh", ["-c", 'command -v -- "$1"', "sh", program], { cwd, env, stdio: "ignore" }).status === 0;
}

/** Whether the time was over first. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const timer: { handle?: NodeJS.Timeout } = {};
  const late = new Promise<boolean>((resolve) => {
    timer.handle = setTimeout(() => resolve(true), ms);
  });
  const result = await Promise.race([work.then(() => false), late]);
  clearTimeout(timer.handle);
  return result;
}

function deliver(target: string, text: string, at: NotifierPlace): Promise<void> {
  return ADDRESS.test(target) ? post(target, text, at) : run(target, text, at);
}

/** A redirect is no delivery: followed, a POST arrives as a GET without the notice, or at an address nobody named. */
async function post(url: string, body: string, { noticeMs = NOTICE_MS }: NotifierPlace): Promise<void> {
  const headers = { "content-type": "application/json" };
  const signal = AbortSignal.timeout(noticeMs);
  const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the address answered ${answer.status}`);
}

function run(command: string, text: string, { cwd, env, noticeMs = NOTICE_MS }: NotifierPlace): Promise<void> {
  return new Promise((done, reject) => {
    const child = spawn("/bin/sh", ["-c", command], { cwd, env, stdio: ["pipe", "ignore", "ignore"], detached: true });
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      reject(new Error(`${command} took longer than ${noticeMs} ms and was ended`));
    }, noticeMs);
    child.once("error", (thrown) => {
      clearTimeout(timer);
      reject(new Error(`${command} could not be started: ${thrown.message}`));
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      if (code === 0) done();
      else reject(new Error(`${command} ended with ${code ?? "a signal"}`));
    });
    child.stdin.on("error", () => undefined); // it need not read what it is given; its exit code tells
    child.stdin.end(text);
  });
}
