import { Worker } from "node:worker_threads";
import { MAX_SEARCH_TIME_MS } from "../../kernel/bounds.js";
import { messageOf } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { type SearchHit, type SearchRequest, searchTexts } from "./search-program.js";

const PROGRAM = `
const { parentPort } = require("node:worker_threads");
const search = ${searchTexts.toString()};
parentPort.on("message", (request) => {
  try { parentPort.postMessage({ hits: search(request) }); }
  catch (thrown) { parentPort.postMessage({ fault: String(thrown && thrown.message) }); }
});`;

/** Matches a caller's pattern on a thread of its own, which is stopped when the pattern takes too long. */
export interface Searcher {
  /** The error says why the pattern is bad, or that the time is used up. One request at a time. */
  search(request: SearchRequest): Promise<Result<SearchHit[], string>>;
  close(): Promise<void>;
}

/** Starts a thread; `timeMs` is for all its searches together. Close it. */
export function openSearcher(timeMs = MAX_SEARCH_TIME_MS): Searcher {
  const worker = new Worker(PROGRAM, { eval: true, env: {}, resourceLimits: { maxOldGenerationSizeMb: 256 } });
  let leftMs = timeMs;
  return {
    search: async (request) => {
      const startMs = performance.now();
      const answer = await ask(worker, request, leftMs);
      leftMs -= performance.now() - startMs;
      return answer;
    },
    close: async () => {
      await worker.terminate();
    },
  };
}

function ask(worker: Worker, request: SearchRequest, leftMs: number): Promise<Result<SearchHit[], string>> {
  return new Promise((resolve) => {
    const finish = (answer: Result<SearchHit[], string>): void => {
      clearTimeout(timer);
      for (const [event, listener] of listeners) worker.off(event, listener);
      resolve(answer);
    };
    const late = err("the pattern took too long to match; make it simpler or search fewer files");
    const timer = setTimeout(() => finish(late), Math.max(1, leftMs));
    const listeners = [
      [
        "message",
        (answer: Answer) => finish(answer.hits === undefined ? err(`bad pattern: ${answer.fault}`) : ok(answer.hits)),
      ],
      ["error", (thrown: unknown) => finish(err(`the search ended: ${messageOf(thrown)}`))],
    ] as const;
    for (const [event, listener] of listeners) worker.on(event, listener);
    worker.postMessage(request);
  });
}

/** What the thread sends back: one of the two. */
interface Answer {
  readonly hits?: SearchHit[];
  readonly fault?: string;
}
