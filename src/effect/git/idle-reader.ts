import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import { GIT_IDLE_MS } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import { createObjectReader, type ObjectReader } from "./object-reader.js";

/** An object reader that nobody has to close. */
export type IdleReader = Pick<ObjectReader, "describe" | "read">;

/**
 * A reader whose git ends when nothing was asked for GIT_IDLE_MS, or with this process, which it does not keep alive. The
 * next question starts another; one that a git did not outlive is asked again. Refs are read anew for each question.
 */
export function createIdleReader(start: (args: readonly string[]) => ChildProcess): IdleReader {
  let reader: ObjectReader | undefined;
  let asking = 0;
  let idle: NodeJS.Timeout | undefined;

  async function ask<T>(question: (reader: ObjectReader) => Promise<T>): Promise<T> {
    clearTimeout(idle);
    asking += 1;
    try {
      const known = reader;
      if (known === undefined) return await askNew(question);
      return await question(known).catch(async (thrown: unknown) => {
        if (reader === known) reader = undefined;
        if (thrown instanceof Fault && thrown.code === "GIT_FAILED") return await askNew(question);
        throw thrown;
      });
    } finally {
      asking -= 1;
      if (asking === 0) idle = setTimeout(end, GIT_IDLE_MS).unref();
    }
  }

  async function askNew<T>(question: (reader: ObjectReader) => Promise<T>): Promise<T> {
    const made = (reader ??= createObjectReader((args) => released(start(args))));
    return await question(made).catch((thrown: unknown) => {
      if (reader === made) reader = undefined;
      throw thrown;
    });
  }

  function end(): void {
    reader?.close();
    reader = undefined;
  }

  return {
    describe: (names) => ask((from) => from.describe(names)),
    read: (names) => ask((from) => from.read(names)),
  };
}

/** What waits for an answer holds a timer; between questions nothing keeps this process alive. */
function released(child: ChildProcess): ChildProcess {
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref();
  return child;
}
