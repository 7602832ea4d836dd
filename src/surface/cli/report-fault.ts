import { diskFault } from "../../effect/disk/disk-fault.js";
import { type Fault, messageOf } from "../../kernel/fault.js";
import { visible } from "../../kernel/visible.js";
import { type CliContext, writeLine } from "./context.js";

/** Exit code of an internal fault (DESIGN §13). */
const INTERNAL = 1;

/**
 * Says on standard error what went wrong and what to do, without a stack trace, and answers the exit
 * code. WORKNODE_DEBUG=1 adds the trace. A disk that is full or refuses is no defect, wherever it was met; anything else
 * that is no Fault is one of worknode itself: exit 1.
 */
export async function reportFault(context: CliContext, met: unknown): Promise<number> {
  const thrown = diskFault(met, placeOf(met));
  writeLine(context.err, `worknode: ${visible(messageOf(thrown))}`);
  if (!isFault(thrown)) await reportDefect(context, thrown);
  if (context.env["WORKNODE_DEBUG"] === "1") writeLine(context.err, stackOf(thrown));
  return isFault(thrown) ? thrown.exitCode : INTERNAL;
}

/** What an error of the disk is about: of two paths the one that was to be written. */
function placeOf(thrown: unknown): string {
  const { dest, path } = (thrown ?? {}) as { dest?: string; path?: string };
  return dest ?? path ?? "a file";
}

/** By name, not by class: the built program holds the lean way's faults and everybody else's, two copies of one class. */
function isFault(thrown: unknown): thrown is Fault {
  return thrown instanceof Error && thrown.name === "Fault" && "exitCode" in thrown;
}

/** A defect is recorded with its stack where worknode keeps a log; the screen gets a hint instead. */
async function reportDefect(context: CliContext, thrown: unknown): Promise<void> {
  writeLine(context.err, hintFor(thrown));
  try {
    const { openSessionLog } = await import("./session-log.js");
    const log = openSessionLog(context);
    log?.defect(thrown);
    log?.close();
  } catch (unrecorded) {
    // A full disk or half an installation: what went wrong is said all the same.
    writeLine(context.err, `It could not be recorded: ${messageOf(unrecorded)}`);
  }
}

function hintFor(thrown: unknown): string {
  const kind =
    thrown instanceof Error && thrown.name === "InvariantError" ? "a broken invariant" : "an unexpected error";
  return (
    `This is ${kind} of worknode itself. Recorded work is safe: \`worknode continue\` carries on from it. ` +
    "Please report it with what you did and the end of .worknode/logs/worknode.log (WORKNODE_DEBUG=1 shows the trace)."
  );
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? "" : `\ncaused by: ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}
