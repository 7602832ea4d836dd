import { appendFileSync } from "node:fs";
import type { RunResult } from "../../crew/cycle/session.js";
import { messageOf } from "../../kernel/fault.js";
import { newId } from "../../kernel/ids.js";
import type { AnyEvent } from "../../schema/event.js";
import { annotation } from "../check/format/github.js";
import type { OutputFormat } from "./arguments.js";
import { type CliContext, type Screen, writeLine } from "./context.js";
import { describe } from "./progress/event-text.js";
import { singleLine } from "./progress/paint.js";

/** Exit code of work that is not verified (DESIGN §13). */
const UNVERIFIED = 4;
/** Annotations of one run; GitHub shows fewer. */
const MAX_ANNOTATIONS = 50;

/** The context of a machine that has nobody to ask: no question, no colour, no live display, terminal or not. */
export function unattended(context: CliContext): CliContext {
  return {
    cwd: context.cwd,
    env: context.env,
    get out() {
      return plain(context.out);
    },
    get err() {
      return plain(context.err);
    },
    get signal() {
      return context.signal;
    },
    confirm: undefined,
  };
}

function plain(screen: Screen): Screen {
  return {
    write: (text) => screen.write(text),
    isTTY: false,
    get columns() {
      return screen.columns;
    },
    get closed() {
      return screen.closed;
    },
  };
}

/** A run in which no task came to its end did nothing that a pipeline could rely on: it is no success there. */
export function honest(result: RunResult): RunResult {
  if (result.exitCode !== 0 || (result.summary.tasks["DONE"] ?? 0) > 0) return result;
  return { ...result, exitCode: UNVERIFIED, reason: `no task was done: ${result.reason}` };
}

/** What a CI service is told of a run beside its plain lines. */
export interface CiReport {
  note(event: AnyEvent): void;
  /** How it ended. `lines`: the run's summary. */
  keep(result: RunResult, lines: readonly string[]): void;
  /** The same for a run that a fault ended. */
  fail(thrown: unknown): void;
  /** Tells it, once the run has said its last word. */
  close(): void;
}

const NOTHING: CiReport = {
  note: () => undefined,
  keep: () => undefined,
  fail: () => undefined,
  close: () => undefined,
};

/**
 * On GitHub: what went wrong as annotations after the run's own lines, between which no text of an agent's is taken for a
 * command of the workflow, and the summary as that of the job. Elsewhere, and where lines are objects, nothing.
 */
export function openCiReport(
  { env, out, err }: Pick<CliContext, "env" | "out" | "err">,
  format: OutputFormat,
): CiReport {
  if (env["GITHUB_ACTIONS"] !== "true" || format !== "text") return NOTHING;
  const token = newId("worknode");
  const found: string[] = [];
  let level: "error" | "notice" = "error";
  let how = "the run did not end";
  let summary: readonly string[] = [];
  writeLine(out, `::stop-commands::${token}`);
  return {
    note(event) {
      const notice = describe(event);
      if (notice?.colour === "red" && found.length < MAX_ANNOTATIONS) found.push(notice.text);
    },
    keep({ exitCode, reason }, lines) {
      level = exitCode === 0 ? "notice" : "error";
      how = `${exitCode === 0 ? "done" : "ended"} (exit ${exitCode}): ${singleLine(reason)}`;
      summary = lines;
    },
    fail(thrown) {
      how = singleLine(messageOf(thrown));
    },
    close() {
      writeLine(out, `::${token}::`);
      for (const each of found) writeLine(out, annotation("warning", { title: "worknode run" }, each));
      writeLine(out, annotation(level, { title: "worknode run" }, how));
      writeSummary({ env, err }, [`worknode run: ${how}`, ...summary]);
    },
  };
}

/** An indented block stays text, whatever it says. A summary that cannot be written is told and changes no outcome. */
function writeSummary({ env, err }: Pick<CliContext, "env" | "err">, lines: readonly string[]): void {
  const path = env["GITHUB_STEP_SUMMARY"];
  if (path === undefined || path === "") return;
  try {
    appendFileSync(path, `\n${lines.map((line) => `    ${line}\n`).join("")}\n`);
  } catch (thrown) {
    writeLine(err, `worknode: the job's summary could not be written: ${messageOf(thrown)}`);
  }
}
