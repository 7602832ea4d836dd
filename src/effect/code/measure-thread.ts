import { parentPort, workerData } from "node:worker_threads";
import type { Language } from "../../measure/language.js";
import { loadGrammars } from "../../measure/tree/grammar.js";
import { shareProcessor } from "../../measure/tree/tree-reading.js";
import { type Depth, measureFile } from "./code-file.js";

/** What a thread that measures is started with. */
export interface ThreadData {
  readonly cwd: string;
  readonly grammars: string;
  readonly languages: readonly Language[];
  readonly depth: Depth;
  /** How many there are. */
  readonly threads: number;
}

/** Measures the file of each path it is sent, one after the other. What throws ends the thread. */
async function serve({ cwd, grammars, languages, depth, threads }: ThreadData): Promise<void> {
  shareProcessor(threads);
  await loadGrammars(languages, grammars);
  parentPort?.on("message", (path: string) => parentPort?.postMessage(measureFile(cwd, path, depth)));
}

await serve(workerData as ThreadData);
