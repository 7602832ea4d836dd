import { parseStamp } from "../../kernel/hlc.js";
import { visibleJson } from "../../kernel/visible.js";
import type { ViolationReport } from "../../schema/violation-report.js";
import type { ViolationRow } from "../../store/agent-rows.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { type Verb, writeLine } from "./context.js";
import { singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";

/** Violations listed unless told otherwise, newest last. */
const LISTED = 100;

interface Options {
  outputFormat: OutputFormat;
  cycle?: number;
  task?: string;
  agent?: string;
  limit: number;
}

type Row = ViolationReport["violations"][number];

/** `worknode violations [--cycle N] [--task ID] [--agent ID]`: denied attempts and discarded effects. */
export const violationsVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "violations",
    "List attempts to reach outside a capability: what was tried, which rule refused it, what would be allowed.",
  )
    .option("--cycle <number>", "of one cycle", wholeNumber(1))
    .option("--task <id>", "of one task")
    .option("--agent <id>", "by one agent")
    .option("--limit <count>", "at most so many, the newest", wholeNumber(1), LISTED)
    .addOption(formatOption(["text", "json", "stream-json"]));
  return withArguments<Options>(command, args, ({ options }) =>
    withStore(context, (store) => {
      const all = store.queries.violations(options.cycle ?? null, Number.MAX_SAFE_INTEGER);
      const rows = all
        .filter((row) => isAsked(row, options))
        .slice(0, options.limit)
        .reverse()
        .map(describeRow);
      for (const line of linesOf(rows, options.outputFormat)) writeLine(context.out, line);
      if (rows.length === 0 && options.outputFormat === "text") writeLine(context.out, noneOf(all.length));
      return 0;
    }),
  );
};

function noneOf(recorded: number): string {
  return recorded === 0 ? "No violation was recorded." : `None of the ${recorded} recorded fits what was asked.`;
}

function isAsked({ task, subject }: ViolationRow, options: Options): boolean {
  return (options.task ?? task) === task && (options.agent ?? subject) === subject;
}

function describeRow({ seq, hlc, subject, ...rest }: ViolationRow): Row {
  const at = new Date(parseStamp(hlc)?.wallMs ?? 0).toISOString();
  return { event: `ev_${seq}`, at, agent: subject, ...rest };
}

function linesOf(rows: readonly Row[], format: OutputFormat): string[] {
  if (format === "json") return [visibleJson({ violations: rows })];
  if (format === "stream-json") return rows.map((row) => visibleJson(row));
  return rows.flatMap((row) => [
    `${row.event}  ${row.at}  cycle ${row.cycle} ${row.task ?? "-"}  ${row.agent}  ${row.code} ${singleLine(row.message)}`,
    `  rule ${row.rule}  object ${singleLine(row.object)}  call ${row.call_id}`,
    `  ${singleLine(row.remedy)}`,
  ]);
}
