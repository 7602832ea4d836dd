import { type Fault, messageOf } from "../../../kernel/fault.js";
import type { CliContext } from "../../cli/context.js";
import { type CheckStart, checkUnchanged } from "../unchanged.js";
import { loadProgram } from "./program.js";

const INTERNAL = 1;

/**
 * What the single file does: it tells itself of a change of nothing, and has its program judge anything else. Answers the
 * exit code; never throws.
 */
export async function startSingleFile(
  context: CliContext,
  args: readonly string[],
  start: CheckStart,
): Promise<number> {
  try {
    return checkUnchanged(context, args, start) ?? (await loadProgram()(context, args, start.version));
  } catch (thrown) {
    context.err.write(`worknode: ${messageOf(thrown)}\n`);
    if (context.env["WORKNODE_DEBUG"] === "1" && thrown instanceof Error) context.err.write(`${thrown.stack}\n`);
    return isFault(thrown) ? thrown.exitCode : INTERNAL;
  }
}

/** By name: start and program each hold a copy of the class. */
function isFault(thrown: unknown): thrown is Fault {
  return thrown instanceof Error && thrown.name === "Fault" && "exitCode" in thrown;
}
