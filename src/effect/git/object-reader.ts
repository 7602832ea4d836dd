import type { ChildProcess } from "node:child_process";
import { MAX_GIT_OUTPUT_BYTES, MAX_GIT_TIME_MS } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import { gitFailed, gitMissing } from "./git-process.js";

/** An object of a repository, without its content. */
export interface GitObject {
  readonly id: string;
  /** `commit`, `tree`, `blob` or `tag`. */
  readonly type: string;
  readonly bytes: number;
}

/** An object with its content. */
export interface ReadObject extends GitObject {
  readonly content: Buffer;
}

/**
 * Objects of a repository by what git calls them (`HEAD^{commit}`, an id), through one git that answers as long as it
 * is asked: starting a git costs more than most of its answers. It starts with the first question. What the
 * repository does not hold, or a name that fits several, is undefined. Throws Fault NO_GIT, GIT_STOPPED, GIT_FAILED,
 * MISSING_OBJECT.
 */
export interface ObjectReader {
  describe(names: readonly string[]): Promise<(GitObject | undefined)[]>;
  read(names: readonly string[]): Promise<(ReadObject | undefined)[]>;
  /** Ends the git. Nothing may be asked afterwards. */
  close(): void;
}

const LINE_END = 0x0a;
/** Characters of what git complains of that are kept. */
const MAX_STDERR_CHARS = 4_096;
const ARGS = ["cat-file", "--batch-command", "--buffer"];

/** Makes a reader; `start` starts git with arguments. */
export function createObjectReader(start: (args: readonly string[]) => ChildProcess): ObjectReader {
  let answers: Answers | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One question after the other: the answers come in one stream. After a fault nothing in it can be told apart. */
  function ask<T>(command: string, names: readonly string[], take: (answers: Answers) => Promise<T>): Promise<T[]> {
    const turn = last.then(async () => {
      if (names.length === 0) return [];
      answers ??= listen(start(ARGS));
      return await answers.about(`${names.map((name) => `${command} ${name}\n`).join("")}flush\n`, async (from) => {
        const all: T[] = [];
        for (const _ of names) all.push(await take(from));
        return all;
      });
    });
    last = turn;
    last.catch(() => undefined);
    return turn;
  }

  return {
    describe: (names) => ask("info", named(names), takeFact),
    read: (names) => ask("contents", named(names), takeObject),
    close: () => answers?.end(),
  };
}

/** Whether a name is of a ref, an id or an ancestor. Others (`@{upstream}`, `main@{9}`) may end the git that is asked. */
export function isPlainName(name: string): boolean {
  return /^\w[\w./~^-]*$/.test(name);
}

/** A line is a question: a name of several lines is none that git knows. */
function named(names: readonly string[]): string[] {
  return names.map((name) => (/[\n\0]/.test(name) ? "refs/none" : name));
}

/** `<id> <type> <size>`; anything else says that it is not there. */
function parseFact(line: string): GitObject | undefined {
  const found = /^([0-9a-f]{40}|[0-9a-f]{64}) (commit|tree|blob|tag) (\d+)$/.exec(line);
  return found === null ? undefined : { id: String(found[1]), type: String(found[2]), bytes: Number(found[3]) };
}

/** The objects that a git wrote with their contents (`cat-file --batch`), in its order. */
export function parseObjects(output: Buffer): (ReadObject | undefined)[] {
  const objects: (ReadObject | undefined)[] = [];
  for (let at = 0; at < output.length; ) {
    const start = output.indexOf(LINE_END, at) + 1;
    if (start === 0) return objects;
    const fact = parseFact(output.toString("utf8", at, start - 1));
    const end = start + (fact?.bytes ?? 0);
    objects.push(
      fact === undefined || end > output.length ? undefined : { ...fact, content: output.subarray(start, end) },
    );
    at = fact === undefined ? start : end + 1;
  }
  return objects;
}

async function takeFact(from: Answers): Promise<GitObject | undefined> {
  return parseFact(await from.line());
}

async function takeObject(from: Answers): Promise<ReadObject | undefined> {
  const fact = await takeFact(from);
  if (fact === undefined) return undefined;
  const content = await from.bytes(fact.bytes + 1);
  return { ...fact, content: content.subarray(0, fact.bytes) };
}

/** What a git that was asked says. */
interface Answers {
  /** Asks, and takes the answers, within bounds of time and size. */
  about<T>(question: string, take: (from: Answers) => Promise<T>): Promise<T>;
  /** The next line, without its end. */
  line(): Promise<string>;
  bytes(count: number): Promise<Buffer>;
  end(): void;
}

function listen(child: ChildProcess): Answers {
  const output = collectOutput(child);
  let taken = 0;
  const take = (count: number): Buffer => {
    taken += count;
    if (taken > MAX_GIT_OUTPUT_BYTES) throw output.fail(stopped(`wrote more than ${MAX_GIT_OUTPUT_BYTES} bytes`));
    return output.take(count);
  };
  const answers: Answers = {
    async about(question, work) {
      taken = 0;
      const late = (): void => void output.fail(stopped(`took longer than ${MAX_GIT_TIME_MS} ms`));
      const timer = setTimeout(late, MAX_GIT_TIME_MS);
      try {
        child.stdin?.write(question);
        return await work(answers);
      } finally {
        clearTimeout(timer);
      }
    },
    async line() {
      while (output.lineLength() === 0) await output.more();
      return take(output.lineLength()).toString("utf8").trimEnd();
    },
    async bytes(count) {
      while (output.length() < count) await output.more();
      return take(count);
    },
    end: () => void child.kill("SIGKILL"),
  };
  return answers;
}

/** What a git wrote and nobody took yet. */
interface Output {
  length(): number;
  /** Bytes up to and with the first line's end; 0 where none is there. */
  lineLength(): number;
  take(count: number): Buffer;
  /** Waits until there is more. Throws the fault that ended the git. */
  more(): Promise<void>;
  /** Ends the git. Answers the fault it ended with: the first one. */
  fail(why: Fault): Fault;
}

function collectOutput(child: ChildProcess): Output {
  let held: Buffer = Buffer.alloc(0);
  let arrived: Buffer[] = [];
  let stderr = "";
  let fault: Fault | undefined;
  let wake = (): void => undefined;
  const fail = (why: Fault): Fault => {
    fault ??= why;
    child.kill("SIGKILL");
    wake();
    return fault;
  };
  child.stdout?.on("data", (chunk: Buffer) => {
    arrived.push(chunk);
    wake();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = `${stderr}${chunk.toString("utf8")}`.slice(0, MAX_STDERR_CHARS);
  });
  child.stdin?.on("error", () => undefined); // it ended; what it said tells why
  child.once("error", (cause) => fail(gitMissing(cause)));
  child.once("close", (code) => fail(gitFailed(ARGS, { code: code ?? -1, stdout: Buffer.alloc(0), stderr })));
  return {
    length: () => held.length,
    lineLength: () => held.indexOf(LINE_END) + 1,
    take(count) {
      const part = held.subarray(0, count);
      held = held.subarray(count);
      return part;
    },
    async more() {
      while (arrived.length === 0) {
        if (fault !== undefined) throw fault;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      held = Buffer.concat([held, ...arrived]);
      arrived = [];
    },
    fail,
  };
}

function stopped(why: string): Fault {
  return new Fault("GIT_STOPPED", `git cat-file ${why} and was stopped`);
}
