import { Option } from "commander";
import type { RunResult, SessionOptions } from "../../crew/cycle/session.js";
import { visibleJson } from "../../kernel/visible.js";
import type { AnyEvent } from "../../schema/event.js";
import type { RunReport } from "../../schema/run-report.js";
import { eventLine } from "../../store/lines.js";
import { openStore } from "../../store/store.js";
import type { OutputFormat } from "./arguments.js";
import { honest, openCiReport, unattended } from "./ci.js";
import { type CliContext, writeLine } from "./context.js";
import { openNotices } from "./notice.js";
import { costLines } from "./progress/cost-text.js";
import { formatElapsed, formatTokens, formatUsd, paintFor, singleLine } from "./progress/paint.js";
import { createProgress, type Progress, silentProgress, streamProgress } from "./progress/progress.js";
import { locateProject } from "./project.js";
import { openSessionLog, type SessionLog } from "./session-log.js";

/** Options that `run` and `continue` share. */
export interface SessionFlags {
  mode?: "off" | "canary" | "enforced";
  outputFormat: OutputFormat;
  notify?: string;
  ci?: true;
}

/** `--ci`: as the pipeline of a CI service gives it. */
export function ciOption(): Option {
  return new Option(
    "--ci",
    "for pipelines: asks nothing, no colours, annotations on GitHub, and a run of no task fails",
  );
}

/** `--mode`: the highest of flag, environment, plan and configuration (S2:47). */
export function modeOption(): Option {
  return new Option("--mode <mode>", "rollout mode; `off` makes the run a rehearsal").choices([
    "off",
    "canary",
    "enforced",
  ]);
}

/** Does the work of a session. */
type Start = (options: SessionOptions, progress: Progress) => Promise<RunResult>;

/**
 * Runs a session with its display and prints how it ended. Standard output carries nothing but the
 * display in `text`, one object in `json`, one object a line in `stream-json` (the last is the result).
 */
export async function showSession(given: CliContext, flags: SessionFlags, start: Start): Promise<number> {
  if (flags.ci !== true) return await show(given, flags, start);
  const context = unattended(given);
  const report = openCiReport(context, flags.outputFormat);
  try {
    return await show(context, flags, async (options, progress) => {
      const onEvent = (event: AnyEvent): void => {
        options.onEvent?.(event);
        report.note(event);
      };
      const result = honest(await start({ ...options, onEvent }, progress));
      report.keep(result, summaryLines(result));
      return result;
    });
  } catch (thrown) {
    report.fail(thrown);
    throw thrown;
  } finally {
    report.close();
  }
}

async function show(context: CliContext, flags: SessionFlags, start: Start): Promise<number> {
  const progress = progressFor(context, flags.outputFormat);
  let log: SessionLog | undefined;
  const notices = openNotices(context, flags.notify);
  const options: SessionOptions = {
    cwd: context.cwd,
    env: context.env,
    signal: context.signal,
    onEvent: (event) => {
      log ??= openSessionLog(context);
      log?.event(event);
      notices.tell(event);
      if (progress.state.cycle === 0) for (const earlier of eventsBefore(context, event)) progress.show(earlier);
      progress.show(event);
    },
    ...(flags.mode === undefined ? {} : { mode: flags.mode }),
  };
  try {
    const result = await start(options, progress);
    log?.ended(result.exitCode, result.reason);
    progress.end();
    printResult(context, flags.outputFormat, result);
    return result.exitCode;
  } catch (thrown) {
    progress.end();
    throw thrown;
  } finally {
    await notices.close();
    log?.close();
  }
}

/** What the log holds of the event's cycle from before it: how the cycle was opened. */
function eventsBefore(context: CliContext, event: AnyEvent): AnyEvent[] {
  if (event.run === 0 || event.type === "CYCLE_STARTED") return [];
  const store = openStore(locateProject(context).databasePath, { readonly: true });
  try {
    return store.events({ run: event.run }).filter(({ seq }) => seq < event.seq);
  } finally {
    store.close();
  }
}

function progressFor(context: CliContext, format: OutputFormat): Progress {
  if (format === "json") return silentProgress();
  return format === "stream-json" ? streamProgress(context, eventLine) : createProgress(context);
}

/** A run's result as `json` and `stream-json` print it: the fields of source 002 at the top (S2:85-97). */
export function resultReport(result: RunResult): RunReport {
  const { dispatch, ...rest } = result;
  return { type: "result", ...dispatch, ...rest };
}

function printResult(context: CliContext, format: OutputFormat, result: RunResult): void {
  if (format !== "text") return writeLine(context.out, visibleJson(resultReport(result)));
  const paint = paintFor(context);
  const good = result.exitCode === 0;
  writeLine(context.out);
  writeLine(
    context.out,
    paint(good ? "green" : "red", `${good ? "Done" : "Ended"} (exit ${result.exitCode}): ${singleLine(result.reason)}`),
  );
  for (const line of summaryLines(result)) writeLine(context.out, `  ${line}`);
}

/** The summary of a run, one fact a line. */
export function summaryLines({ cycle, summary }: RunResult): string[] {
  const tasks = Object.entries(summary.tasks).map(([status, count]) => `${count} ${status}`);
  const held = summary.reserved > 0 ? `, ${formatUsd(summary.reserved)} reserved for requests without a reply` : "";
  return [
    `tasks     ${tasks.length === 0 ? "none" : tasks.join(", ")}`,
    `denials   ${summary.denials}`,
    `attempts  ${summary.attempts}`,
    `tokens    ${formatTokens(summary.tokens)}`,
    `cost      ${formatUsd(summary.usd)}${held}`,
    ...costLines(summary.usage).map((line) => `  ${line}`),
    `elapsed   ${formatElapsed(summary.elapsedMs)}`,
    `result    branch ${summary.branch} (git log ${summary.branch})`,
    `trace     cycle ${cycle}: ${summary.trace}`,
  ];
}
