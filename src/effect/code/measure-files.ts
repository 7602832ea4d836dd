import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { messageOf } from "../../kernel/fault.js";
import type { Language } from "../../measure/language.js";
import { type Depth, type MeasuredFile, measureFile, unreadFile } from "./code-file.js";
import type { ThreadData } from "./measure-thread.js";

/** Bytes of code from which on threads cost less than they save: each loads the parsers anew. */
const WORTH_THREADS_BYTES = 1024 * 1024;
/** Each holds parsers and grammars of its own, some 100 MB. */
const MAX_THREADS = 8;

/** How files are measured. */
export interface MeasureSetting {
  readonly cwd: string;
  /** Folder of the grammars; those of the languages are loaded in this thread. */
  readonly grammars: string;
  readonly languages: readonly Language[];
  /** The program of a thread: `measure-thread.ts`, built. */
  readonly program: string;
  readonly depth: Depth;
  /** Threads at most. Default: as many as the machine runs at once. */
  readonly threads?: number;
}

/**
 * Measures files, in their order. Much code is divided among threads; of a file that ends the thread which reads it, the
 * measure says so, and the others are not touched. Throws what `measureFile` does where this thread reads them.
 */
export async function measureFiles(paths: readonly string[], setting: MeasureSetting): Promise<MeasuredFile[]> {
  const { cwd, grammars, languages, depth } = setting;
  const threads = Math.min(setting.threads ?? availableParallelism(), MAX_THREADS, paths.length);
  const sizes = paths.map((path) => sizeOf(resolve(cwd, path)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (threads < 2 || total < WORTH_THREADS_BYTES) return paths.map((path) => measureFile(cwd, path, depth));
  const measured: MeasuredFile[] = [];
  const largestFirst = paths.map((_, index) => index).sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0));
  const left = largestFirst[Symbol.iterator]();
  const data: ThreadData = { cwd, grammars, languages, depth, threads };
  const work = async (): Promise<void> => {
    const thread = openThread(setting.program, data);
    try {
      for (const index of left) measured[index] = await thread.measure(paths[index] ?? "");
    } finally {
      await thread.close();
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  return measured;
}

/** Nothing where it cannot be told: whoever reads the file then says why. */
function sizeOf(place: string): number {
  try {
    return statSync(place).size;
  } catch {
    return 0;
  }
}

/** A thread that is started again where a file ended it. One file at a time. */
function openThread(program: string, data: ThreadData) {
  let worker: Worker | undefined;
  let asked = "";
  let answer: ((file: MeasuredFile) => void) | undefined;

  function start(): Worker {
    const started = new Worker(program, { workerData: data, env: {} });
    let why: string | undefined;
    started.on("message", (file: MeasuredFile) => answer?.(file));
    started.on("error", (thrown) => {
      why = messageOf(thrown);
    });
    started.on("exit", (code) => {
      worker = undefined;
      answer?.(unreadFile(asked, `it ended the parser (${why ?? `exit ${code}`})`));
    });
    return started;
  }

  return {
    measure: async (path: string): Promise<MeasuredFile> => {
      worker ??= start();
      const thread = worker;
      return await new Promise((settle) => {
        answer = (file) => {
          answer = undefined;
          settle(file);
        };
        asked = path;
        thread.postMessage(path);
      });
    },
    close: async (): Promise<void> => {
      await worker?.terminate();
    },
  };
}
