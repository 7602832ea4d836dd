import { projectBrief, renderBrief } from "../../memory/brief.js";
import { describeNothing } from "../../memory/nothing.js";
import type { EventType } from "../../schema/event.js";
import { describeEvent } from "../../store/lines.js";
import type { Store } from "../../store/store.js";

/** Executions the trace shows. */
const MAX_EXECUTIONS = 50;
/** Updates within this time are told once (milliseconds). */
const GATHER_MS = 50;

/** What clients can read. */
export const RESOURCES = [
  { uri: "worknode://brief", name: "brief", title: "Where the work stands", mimeType: "text/plain" },
  { uri: "worknode://plan", name: "plan", title: "The plan of the newest open cycle", mimeType: "application/yaml" },
  { uri: "worknode://trace", name: "trace", title: "The last executions and how they ended", mimeType: "text/plain" },
] as const;

type Uri = (typeof RESOURCES)[number]["uri"];

/** Events after which a resource may read otherwise; after any where none is named. */
const CHANGES: Readonly<Record<Uri, readonly EventType[] | undefined>> = {
  "worknode://brief": undefined,
  "worknode://plan": ["CYCLE_STARTED", "CYCLE_ENDED"],
  "worknode://trace": ["EXECUTION_ENDED"],
};

/** What a resource holds now. Throws Error for an address there is none of. */
export function readResource(store: Store, uri: string): { uri: string; mimeType: string; text: string } {
  const resource = RESOURCES.find((each) => each.uri === uri);
  if (resource === undefined) throw new Error(`There is no resource ${uri}.`);
  return { uri, mimeType: resource.mimeType, text: textOf(store, resource.uri) };
}

function textOf(store: Store, uri: Uri): string {
  if (uri === "worknode://brief") {
    const brief = projectBrief(store);
    return brief === undefined ? `${describeNothing(store).error}\n` : renderBrief(brief);
  }
  if (uri === "worknode://trace") {
    const ended = store.events({ type: "EXECUTION_ENDED", reverse: true, limit: MAX_EXECUTIONS });
    return ended
      .map((event) => `${describeEvent(event)}\n`)
      .reverse()
      .join("");
  }
  const cycle = store.queries.latestIncompleteCycle();
  const started = cycle && store.events({ run: cycle.number, type: "CYCLE_STARTED", limit: 1 })[0];
  return started?.type === "CYCLE_STARTED" ? started.payload.plan_source : "";
}

/** Calls `updated` for a watched resource soon after it may have changed, in this or another process; answers how to stop. */
export function watchResources(store: Store, watched: ReadonlySet<string>, updated: (uri: Uri) => void): () => void {
  const due = new Set<Uri>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    for (const uri of due) updated(uri);
    due.clear();
  };
  const stop = store.subscribe((events) => {
    for (const { uri } of RESOURCES) {
      const types = CHANGES[uri];
      if (watched.has(uri) && events.some(({ type }) => types?.includes(type) ?? true)) due.add(uri);
    }
    if (due.size > 0) timer ??= setTimeout(tell, GATHER_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
