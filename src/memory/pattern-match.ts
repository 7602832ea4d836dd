import { Worker } from "node:worker_threads";
import { Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";

/** Time a caller's regular expression may take over all texts (milliseconds). */
const PATTERN_TIMEOUT_MS = 2_000;

/** Runs in the worker: it has the pattern and the texts, and nothing of ours. */
const SOURCE = `
const { parentPort, workerData } = require("node:worker_threads");
const pattern = new RegExp(workerData.source, workerData.flags);
const hits = [];
for (let index = 0; index < workerData.texts.length; index += 1) {
  if (pattern.test(workerData.texts[index])) hits.push(index);
}
parentPort.postMessage(hits);
`;

/**
 * Indexes of the texts a caller's regular expression matches. A backtracking pattern can take
 * centuries, so it runs in a worker that is ended after `timeoutMs`.
 */
export async function matchPattern(
  pattern: RegExp,
  texts: readonly string[],
  timeoutMs = PATTERN_TIMEOUT_MS,
): Promise<Result<number[], Fault>> {
  const flags = pattern.flags.replace(/[gy]/g, "");
  const workerData = { source: pattern.source, flags, texts };
  const worker = new Worker(SOURCE, { eval: true, workerData, env: {}, execArgv: [], stdout: true, stderr: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve) => {
      timer = setTimeout(() => resolve(err(tooSlow(pattern, timeoutMs))), timeoutMs);
      worker.once("message", (hits: number[]) => resolve(ok(hits)));
      worker.once("error", (cause) =>
        resolve(err(new Fault("PATTERN_FAILED", `The pattern ${pattern} failed.`, { cause }))),
      );
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

function tooSlow(pattern: RegExp, timeoutMs: number): Fault {
  return invalid(
    "PATTERN_TIMEOUT",
    `The pattern ${pattern} took longer than ${timeoutMs} ms and was stopped. Avoid nested repetition such as (a+)+.`,
  );
}
