import { invalid } from "../../kernel/fault.js";
import type { AnyEvent } from "../../schema/event.js";
import { describeEvent, eventLine } from "../../store/lines.js";
import type { Store } from "../../store/store.js";
import { singleLine } from "./progress/paint.js";

/** What a printed event is, and the version of its form. */
const FORM = { apiVersion: "worknode/v1", kind: "Event" } as const;
/** Characters of one member of an event's payload on a line; `--output-format json` has all of it. */
const MAX_MEMBER_CHARS = 2_000;
/** Citing events shown; a text can name an event any number of times. */
const MAX_CITING = 100;

/** What `trace` prints, as one object or as lines. */
export interface Shown {
  readonly json: object;
  readonly lines: readonly string[];
}

/** The event an id such as `ev_12` names, undefined where it is no event's id. Throws Fault UNKNOWN_EVENT. */
export function eventNamed(store: Store, id: string): AnyEvent | undefined {
  const seq = /^ev_(\d{1,15})$/.exec(id)?.[1];
  if (seq === undefined) return undefined;
  const event = store.events({ afterSeq: Number(seq) - 1, limit: 1 })[0];
  if (event?.id === id) return event;
  throw invalid("UNKNOWN_EVENT", `The log has no event ${id}. \`worknode log\` lists all, by number.`);
}

/** An event with what it holds, and the later events that cite it by its id, oldest first. */
export function showEvent(store: Store, event: AnyEvent): Shown {
  const citing = citedBy(store, event);
  const members = Object.entries(event.payload as Record<string, unknown>).map(
    ([name, value]) => `  ${name}  ${singleLine(JSON.stringify(value) ?? "", MAX_MEMBER_CHARS)}`,
  );
  const citations = citing.map((each) => `  CITED BY ${each.id}  ${singleLine(describeEvent(each))}`);
  const cited_by = citing.map(({ id, type, task, execution }) => ({ event: id, type, task, execution }));
  return {
    json: { ...FORM, event: eventLine(event), cited_by },
    lines: [singleLine(describeEvent(event)), ...members, ...citations],
  };
}

/** Only what was written later can cite an event; texts stored apart are read too, as they are part of the payload. */
function citedBy(store: Store, { id, seq }: AnyEvent): AnyEvent[] {
  const mention = new RegExp(String.raw`\b${id}\b`);
  const found: AnyEvent[] = [];
  for (const later of store.iterate(seq)) {
    if (mention.test(JSON.stringify(later.payload))) found.push(later);
    if (found.length === MAX_CITING) break;
  }
  return found;
}
