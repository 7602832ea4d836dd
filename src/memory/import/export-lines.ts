import { z } from "zod";
import { type Fault, invalid } from "../../kernel/fault.js";
import { type AnyEvent, eventPayloadSchemas } from "../../schema/event.js";
import type { Store } from "../../store/store.js";
import { describeIssues } from "../problems.js";

/** Version of the format; another one is refused. */
const VERSION = 1;

const headSchema = z.object({
  format: z.literal("worknode-export"),
  version: z.int(),
  events: z.int().nonnegative(),
  hash: z.string(),
});

const lineSchema = z.object({
  seq: z.int().positive(),
  hlc: z.string().min(1),
  node: z.string(),
  run: z.int().nonnegative(),
  task: z.string().nullable(),
  execution: z.string().nullable(),
  stream: z.string(),
  type: z.string(),
  actor: z.string(),
  payload: z.record(z.string(), z.unknown()),
  prev_hash: z.string(),
  hash: z.string(),
});

/** Everything a project's log holds, as JSON lines: one that says what follows, then one for each event. */
export function* exportLines(store: Store): IterableIterator<string> {
  const last = store.events({ reverse: true, limit: 1 })[0];
  const head = { format: "worknode-export", version: VERSION, events: last?.seq ?? 0, hash: last?.hash ?? "" };
  yield JSON.stringify(head);
  for (const event of store.iterate()) {
    if (event.seq > head.events) return;
    const { seq, hlc, node, run, task, execution, stream, type, actor, payload, prev_hash, hash } = event;
    yield JSON.stringify({ seq, hlc, node, run, task, execution, stream, type, actor, payload, prev_hash, hash });
  }
}

/**
 * Reads an export back, whole or not at all; answers how many events were new. Throws Fault IMPORT_INVALID,
 * IMPORT_VERSION, IMPORT_BROKEN or IMPORT_FOREIGN (exit 2), and what the store throws.
 */
export function importLines(store: Store, lines: Iterable<string>): number {
  return store.restore(eventsOf(lines));
}

/** The events of an export, each checked as it is read; the end must be the one its first line names. */
function* eventsOf(lines: Iterable<string>): IterableIterator<AnyEvent> {
  const numbered = filledLines(lines);
  const first = numbered.next();
  if (first.done === true) throw wrong(1, "there is no first line that says what follows");
  const head = headOf(first.value.line);
  const end = { seq: 0, hash: "" };
  for (const { line, number } of numbered) {
    const event = eventOf(line, number);
    yield event;
    Object.assign(end, { seq: event.seq, hash: event.hash });
  }
  if (end.seq !== head.events || end.hash !== head.hash)
    throw invalid(
      "IMPORT_BROKEN",
      `The export is not whole: ${head.events} events were written, ${end.seq} are there.`,
    );
}

function* filledLines(lines: Iterable<string>): IterableIterator<{ line: string; number: number }> {
  let number = 0;
  for (const line of lines) {
    number += 1;
    if (line.trim() !== "") yield { line, number };
  }
}

function headOf(line: string): z.infer<typeof headSchema> {
  const head = headSchema.safeParse(parse(line, 1));
  if (!head.success) throw wrong(1, "it is no export of worknode");
  if (head.data.version !== VERSION)
    throw invalid(
      "IMPORT_VERSION",
      `The export has version ${head.data.version}; this worknode reads version ${VERSION}.`,
    );
  return head.data;
}

function eventOf(line: string, number: number): AnyEvent {
  const checked = lineSchema.safeParse(parse(line, number));
  if (!checked.success) throw wrong(number, describeIssues(checked.error));
  const { type, payload, seq } = checked.data;
  const schema = Object.hasOwn(eventPayloadSchemas, type)
    ? eventPayloadSchemas[type as keyof typeof eventPayloadSchemas]
    : undefined;
  if (schema === undefined) throw wrong(number, `there is no event type ${type}`);
  const fits = schema.safeParse(payload);
  if (!fits.success) throw wrong(number, `${type}: ${describeIssues(fits.error)}`);
  return { ...checked.data, id: `ev_${seq}` } as unknown as AnyEvent;
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw wrong(number, "it is not JSON");
  }
}

function wrong(line: number, why: string): Fault {
  return invalid("IMPORT_INVALID", `Line ${line} cannot be imported: ${why.slice(0, 500)}`);
}
