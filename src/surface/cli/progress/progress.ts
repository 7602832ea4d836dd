import { type Clock, systemClock } from "../../../kernel/clock.js";
import { visibleJson } from "../../../kernel/visible.js";
import type { AnyEvent } from "../../../schema/event.js";
import { type CliContext, writeLine } from "../context.js";
import { describe, describeCall } from "./event-text.js";
import { type Paint, paintFor } from "./paint.js";
import { emptyRunState, foldRun, type RunState } from "./run-state.js";
import { treeLines } from "./tree.js";

/** Shows a run as its events arrive. */
export interface Progress {
  readonly state: RunState;
  /** Events of before this session: counted, not told again. */
  seed(events: Iterable<AnyEvent>): void;
  show(event: AnyEvent): void;
  /** Leaves the screen in order. */
  end(): void;
}

/** A call whose result is not there yet. */
interface Call {
  readonly text: string;
  /** Whether its denial was shown already. */
  denied: boolean;
}

/** Proposals remembered until their verdict comes. */
const MAX_OPEN_CALLS = 1_000;

/**
 * The display of a run: on a terminal what happens scrolls by above a live tree; elsewhere the same
 * lines, plain. Drawn when events come and at no other time.
 */
export function createProgress(context: CliContext, clock: Clock = systemClock): Progress {
  const state = emptyRunState();
  const paint = paintFor(context);
  const live = context.out.isTTY && context.env["TERM"] !== "dumb";
  const startedMs = clock.nowMs();
  const calls = new Map<string, Call>();
  let drawn = 0;

  function erase(): string {
    const up = drawn === 0 ? "" : `\u001b[${drawn}A\r\u001b[0J`;
    drawn = 0;
    return up;
  }

  function draw(): string {
    const screen = { columns: context.out.columns, elapsedMs: clock.nowMs() - startedMs };
    const lines = treeLines(state, paint, screen);
    drawn = lines.length;
    return `${lines.join("\n")}\n`;
  }

  function print(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    if (live) context.out.write(`${erase()}${text}${state.cycle === 0 ? "" : draw()}`);
    else if (text !== "") context.out.write(text);
  }

  return {
    state,
    seed(events) {
      for (const event of events) foldRun(state, event);
    },
    show(event) {
      foldRun(state, event);
      print(linesOf(event, calls, paint));
    },
    end() {
      if (live) context.out.write(erase() + (state.cycle === 0 ? "" : draw()));
      drawn = 0;
    },
  };
}

/** The line an event adds, if any. */
function linesOf(event: AnyEvent, calls: Map<string, Call>, paint: Paint): string[] {
  if (event.type === "PROPOSAL") remember(calls, event);
  const call = "call_id" in event.payload ? calls.get(event.payload.call_id) : undefined;
  if (event.type === "TOOL_RESULT") calls.delete(event.payload.call_id);
  const said = isToldAlready(event, call) ? undefined : describe(event);
  if (said === undefined) return [];
  const named = call === undefined ? "" : `  [${call.text}]`;
  return [`${paint(said.colour, said.mark)} ${said.text}${named}`];
}

/** A call is named by its proposal, which comes before everything else about it. */
function remember(calls: Map<string, Call>, event: Extract<AnyEvent, { type: "PROPOSAL" }>): void {
  if (calls.size >= MAX_OPEN_CALLS) calls.clear();
  calls.set(event.payload.call_id, { text: describeCall(event), denied: false });
}

/** The violation of a call whose denial was shown would be the same line again. */
function isToldAlready(event: AnyEvent, call: Call | undefined): boolean {
  if (call === undefined) return false;
  if (event.type === "VERDICT") call.denied = event.payload.outcome !== "Approved";
  return event.type === "SECURITY_VIOLATION" && call.denied;
}

/** A display that prints nothing: the fold alone, for `--output-format json`. */
export function silentProgress(): Progress {
  const state = emptyRunState();
  return {
    state,
    seed(events) {
      for (const event of events) foldRun(state, event);
    },
    show: (event) => foldRun(state, event),
    end: () => {},
  };
}

/** A display of one JSON object a line, for `--output-format stream-json`. */
export function streamProgress(context: CliContext, lineOf: (event: AnyEvent) => object): Progress {
  const silent = silentProgress();
  return {
    ...silent,
    show(event) {
      silent.show(event);
      writeLine(context.out, visibleJson(lineOf(event)));
    },
  };
}
