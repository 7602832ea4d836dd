import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

/** Half of the least stack that a thread of worknode's has (KiB): what is parsed with it leaves room for what called the parser. */
const STACK_KIB = 2_048;
const PROBE_MS = 30_000;
const PROBE = `
const [, parser, path, attempts] = process.argv;
const { parseSync } = require(parser);
const text = require("node:fs").readFileSync(0, "utf8");
for (const options of JSON.parse(attempts)) parseSync(path, text, options).errors.length;
`;

/**
 * Whether text can be given to the parser: a process of its own tries, with a small stack, as a parser that overflows its stack ends the
 * process. False where that fails in whatever way, or takes longer than 30 s.
 */
export function survivesParsing(path: string, text: string, attempts: readonly object[]): boolean {
  const parser = createRequire(import.meta.url).resolve("oxc-parser");
  const script = `ulimit -s ${STACK_KIB} && exec "$0" -e "$@"`;
  const args = ["-c", script, process.execPath, PROBE, "--", parser, path, JSON.stringify(attempts)];
  const { status } = spawnSync("/bin/sh", args, {
    input: text,
    env: {},
    stdio: ["pipe", "ignore", "ignore"],
    timeout: PROBE_MS,
    killSignal: "SIGKILL",
  });
  return status === 0;
}
