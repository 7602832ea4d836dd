import { COMMAND_TIMEOUT_MS, MAX_SANDBOX_MEMORY_BYTES, USE_LOOK_MS } from "../../kernel/bounds.js";
import {
  absoluteOf,
  DEEP_TOOLS,
  type DeepFinding,
  type DeepTool,
  readDeepRun,
} from "../../measure/power-of-ten/deep-tool.js";
import { runBounded } from "../sandbox/bounded-process.js";
import { processUse } from "../sandbox/process-use.js";
import { findProgram } from "../sandbox/toolchain.js";
import type { UseWatch } from "../sandbox/use-watch.js";

/** Where systems install programs. No folder of a project is looked in, whatever PATH says. */
const SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin";
/** Files one run is asked about, so that its output stays within what is kept. */
const FILES_A_RUN = 50;

/** The absolute path of a deeper check's program; undefined where it is not installed. */
export function deepProgram({ program }: Pick<DeepTool, "program">): string | undefined {
  return findProgram(program, { PATH: SYSTEM_PATH });
}

/**
 * Runs clang-tidy and cppcheck on C and C++ files below `root` (absolute), as the user and outside the sandbox: they
 * run nothing of the project and read no configuration of it. Bounded in time, output and memory; what is missing or
 * does not come to its end is `unknown`. Throws Fault SANDBOX_SETUP when a program cannot be started.
 */
export async function runDeepChecks(files: readonly string[], root: string): Promise<DeepFinding[]> {
  const found: DeepFinding[] = [];
  for (const tool of DEEP_TOOLS)
    for (let start = 0; start < files.length; start += FILES_A_RUN) {
      const asked = { root, files: files.slice(start, start + FILES_A_RUN) };
      found.push(...readDeepRun(tool, await runTool(tool, asked), asked));
    }
  return found;
}

async function runTool(
  tool: DeepTool,
  { files, root }: { files: readonly string[]; root: string },
): Promise<Parameters<typeof readDeepRun>[1]> {
  const program = deepProgram(tool);
  if (program === undefined) return undefined;
  const args = tool.args(
    files.map((file) => absoluteOf(file, root)),
    root,
  );
  const { code, stdout, stderr, stopped } = await runBounded(program, args, {
    timeoutMs: COMMAND_TIMEOUT_MS,
    watch: MEMORY,
  });
  return { exit_code: stopped === null ? code : null, stdout, stderr };
}

/** A file that includes a device without an end would fill the memory long before the time is over. */
const MEMORY: UseWatch = {
  waitMs: () => USE_LOOK_MS,
  running: async (pid) => ((await processUse(pid)).memoryBytes > MAX_SANDBOX_MEMORY_BYTES / 2 ? "memory" : null),
  ended: async () => null,
};
