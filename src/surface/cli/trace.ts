import { invalid } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import type { AnyEvent } from "../../schema/event.js";
import type { Store } from "../../store/store.js";
import { replayTrace } from "../../turn/seal.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";
import { eventNamed, type Shown, showEvent } from "./trace-event.js";

const UNVERIFIED = 4;
/** What a printed trace is, and the version of its form (S1:105). */
const FORM = { apiVersion: "worknode/v1", kind: "Trace" } as const;
/** Executions listed without an id. */
const LISTED = 50;

interface Options {
  chain?: true;
  outputFormat: OutputFormat;
}

type Ended = Extract<AnyEvent, { type: "EXECUTION_ENDED" }>;

/** `worknode trace [ID|EVENT] [--chain]`, `worknode trace verify`. */
export const traceVerb: Verb = (context, args) => {
  if (args[0] === "verify") return verifyTraces(context, args.slice(1));
  const command = describeVerb(
    context,
    "trace",
    "Show one execution's trace, or one event and what cites it; without an id, the latest executions. `trace verify` checks every seal.",
  )
    .argument("[id]", "of an execution, for example 1:LC-001:work:1:3, or of an event: ev_12")
    .option("--chain", "the decisions that led to it: observation, analysis, proposal, approval, execution")
    .addOption(formatOption());
  return withArguments<Options>(command, args, ({ options, values }) =>
    withStore(context, (store) => {
      const id = values[0];
      if (id === undefined) return listExecutions(context, store, options);
      const shown = shownOf(store, id, options.chain === true);
      if (options.outputFormat === "json") writeLine(context.out, visibleJson(shown.json));
      else for (const line of shown.lines) writeLine(context.out, line);
      return 0;
    }),
  );
};

/** What an id names; the chain of an event is that of its execution. */
function shownOf(store: Store, id: string, chain: boolean): Shown {
  const event = eventNamed(store, id);
  if (!chain) return event === undefined ? traceOf(store, id) : showEvent(store, event);
  if (event === undefined) return chainOf(store, id);
  if (event.execution === null)
    throw invalid("NO_EXECUTION", `${id} (${event.type}) belongs to no execution, so no call led to it.`);
  return chainOf(store, event.execution);
}

function listExecutions(context: CliContext, store: Store, options: Options): number {
  const ended = store.events({ type: "EXECUTION_ENDED", limit: LISTED, reverse: true }).reverse() as Ended[];
  const rows = ended.map(({ execution, payload, seq }) => ({
    execution,
    outcome: payload.outcome,
    states: payload.trace.length,
    seq,
  }));
  if (options.outputFormat === "json") writeLine(context.out, visibleJson({ executions: rows }));
  else if (rows.length === 0) writeLine(context.out, "No execution has ended yet.");
  else for (const row of rows) writeLine(context.out, `${row.execution}  ${row.outcome}  ${row.states} states`);
  return 0;
}

function traceOf(store: Store, id: string): Shown {
  const event = store.events({ type: "EXECUTION_ENDED", execution: id, limit: 1 })[0] as Ended | undefined;
  if (event === undefined)
    throw invalid("UNKNOWN_EXECUTION", `No execution ${id} has ended. \`worknode trace\` lists the latest.`);
  const response = replayTrace(event.payload.trace);
  const { outcome, reason } = event.payload;
  const head = `${id}  ${outcome}${reason === undefined ? "" : `: ${singleLine(reason)}`}  seal ${event.payload.seal}`;
  const lines = event.payload.trace.map(
    (entry) => `  ${entry.state.padEnd(6)} ${singleLine(JSON.stringify({ ...entry, state: undefined }), 1_000)}`,
  );
  const evidence = evidenceOf(store, id);
  return {
    json: { ...FORM, ...response, seal: event.payload.seal, execution: id, outcome: event.payload.outcome, evidence },
    lines: [head, ...lines, ...evidence.map(evidenceLine)],
  };
}

/** What a result handed in by this execution was judged by. */
interface Evidence {
  /** The VERIFIED event, and the one that holds what the commands wrote. */
  readonly event: string;
  readonly output_event: string | null;
  readonly tree: string;
  readonly pass: boolean;
  readonly commands: readonly { role: string; argv: readonly string[]; exit_code: number | null }[];
  readonly coverage: unknown;
  readonly findings: readonly unknown[];
}

function evidenceOf(store: Store, id: string): Evidence[] {
  return store.events({ execution: id, type: "VERIFIED" }).flatMap((event) => {
    if (event.type !== "VERIFIED") return [];
    const { tree, pass, output_event, findings, coverage = null } = event.payload;
    const commands = event.payload.commands.map(({ role, argv, exit_code }) => ({ role, argv, exit_code }));
    return [{ event: event.id, output_event, tree, pass, commands, coverage, findings }];
  });
}

function evidenceLine({ event, ...rest }: Evidence): string {
  return `  EVIDENCE ${event} ${singleLine(JSON.stringify(rest), 2_000)}`;
}

/** The stages an execution must have left, in order (S0:91); a missing one is an error. */
function chainOf(store: Store, id: string): Shown {
  const events = store.events({ execution: id });
  const proposal = events.find((event) => event.type === "PROPOSAL");
  if (proposal?.type !== "PROPOSAL") throw missing(id, "proposal");
  const verdict = events.find((event) => event.type === "VERDICT");
  if (verdict?.type !== "VERDICT") throw missing(id, "approval");
  const effects = events.filter((event) => event.type === "EFFECT_KEPT" || event.type === "EFFECT_DISCARDED");
  const result = events.find((event) => event.type === "TOOL_RESULT");
  if (result?.type !== "TOOL_RESULT") throw missing(id, "execution");
  const { observation, analysis, ...proposed } = proposal.payload;
  const stages = {
    observation: { event: proposal.id, ...observation },
    analysis: { event: proposal.id, ...analysis },
    proposal: { event: proposal.id, ...proposed },
    approval: { event: verdict.id, ...verdict.payload },
    execution: {
      event: result.id,
      effects: effects.map((event) => ({ event: event.id, type: event.type, ...event.payload })),
      ...result.payload,
    },
  };
  const lines = Object.entries(stages).map(
    ([stage, { event, ...rest }]) => `${stage.padEnd(11)} ${event}  ${singleLine(JSON.stringify(rest), 2_000)}`,
  );
  return { json: { id, ...stages }, lines: [id, ...lines.map((line) => `  ${line}`)] };
}

function missing(id: string, stage: string): Error {
  return invalid("BROKEN_CHAIN", `The log has no ${stage} of execution ${id}: its chain of decisions is not complete.`);
}

function verifyTraces(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(
    context,
    "trace verify",
    "Check the log's chain, every execution's seal, and that replaying gives the same response.",
  ).addOption(formatOption());
  return withArguments<{ outputFormat: OutputFormat }>(command, args, ({ options }) =>
    withStore(context, (store) => {
      const chain = store.verify();
      const faults = chain.ok ? [] : [`event ${chain.seq}: ${chain.reason}`];
      let executions = 0;
      for (const event of store.iterate()) {
        if (event.type !== "EXECUTION_ENDED") continue;
        executions += 1;
        faults.push(...sealFaults(event));
      }
      const report = { ok: faults.length === 0, executions, faults };
      if (options.outputFormat === "json") writeLine(context.out, visibleJson(report));
      else
        writeLine(
          context.out,
          report.ok ? `${executions} trace(s) verified: chain intact, seals hold, replays agree.` : faults.join("\n"),
        );
      return report.ok ? 0 : UNVERIFIED;
    }),
  );
}

function sealFaults(event: Ended): string[] {
  const { seal, trace } = event.payload;
  const replayed = replayTrace(trace);
  if (replayed === undefined) return [`${event.execution}: the trace does not begin with PLAN`];
  return replayed.seal === seal ? [] : [`${event.execution}: the seal does not match the trace`];
}
