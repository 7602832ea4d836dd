import { spawnSync } from "node:child_process";
import { oxcPath } from "./oxc-part.js";

/** Half of the least stack that a thread of worknode's has (KiB): what is parsed with it leaves room for what called the parser. */
const STACK_KIB = 2_048;
/** All that the process may ask for, of which Node itself takes about 1 GiB, and what it may use (KiB). */
const MEMORY_KIB = 4 * 1_048_576;
const MAX_USED_KIB = 1_048_576;
const PROBE_MS = 10_000;
const PROBE = `
const [, parser, path, attempts] = process.argv;
const { parseSync } = require(parser);
const text = require("node:fs").readFileSync(0, "utf8");
for (const options of JSON.parse(attempts)) parseSync(path, text, options).errors.length;
process.exitCode = process.resourceUsage().maxRSS > ${MAX_USED_KIB} ? 1 : 0;
`;

/**
 * Whether text can be given to the parser: a process of its own tries, with a small stack and little memory, as a parser without either ends
 * its process. False where that fails in whatever way, takes longer than 10 s or more than 1 GiB.
 */
export function survivesParsing(path: string, text: string, attempts: readonly object[]): boolean {
  const script = `ulimit -v ${MEMORY_KIB} 2>/dev/null; ulimit -s ${STACK_KIB} && exec "$0" -e "$@"`;
  const args = ["-c", script, process.execPath, PROBE, "--", oxcPath(), path, JSON.stringify(attempts)];
  const { status } = spawnSync("/bin/sh", args, {
    input: text,
    env: {},
    stdio: ["pipe", "ignore", "ignore"],
    timeout: PROBE_MS,
    killSignal: "SIGKILL",
  });
  return status === 0;
}
