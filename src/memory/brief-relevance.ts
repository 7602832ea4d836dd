import type { TaskRow } from "../store/cycle-rows.js";
import type { StoreReader } from "../store/reader.js";

/** Age at which recency counts half. */
const HALF_LIFE_MS = 7 * 24 * 60 * 60_000;
/** What is said of a record whose files changed after it was made. */
export const UNVERIFIED = "unverified: the file has changed since";

/** What a record has in common with the task to resume. */
export interface Evidence {
  /** Share of its files that are the task's, 0 to 1. */
  fileOverlap: number;
  task: string | null;
  /** bm25 against the best hit, 0 to 1. */
  words: number;
  hlc: string;
  pinned?: boolean;
}

/** 3·files + 2·same task + 1·neighbour + 1·words + 0.5·2^(−age/7 days) + 1·pinned, age as of the newest event. */
export function scoreOf(context: ItemContext, evidence: Evidence): number {
  const { task, now } = context;
  const same = task !== undefined && evidence.task === task.id ? 2 : 0;
  const near = evidence.task !== null && context.neighbours.has(evidence.task) ? 1 : 0;
  const age = Math.max(0, now - Date.parse(evidence.hlc.slice(0, 24)));
  const recency = 0.5 * 2 ** (-age / HALF_LIFE_MS);
  return 3 * evidence.fileOverlap + same + near + evidence.words + recency + (evidence.pinned === true ? 1 : 0);
}

/** What relevance is judged by: the task to resume, its neighbours and files, and the newest event's time. */
export interface ItemContext {
  store: StoreReader;
  cycle: number;
  task: TaskRow | undefined;
  neighbours: ReadonlySet<string>;
  files: ReadonlySet<string>;
  /** Ids of pinned records. */
  pins: ReadonlySet<string>;
  now: number;
}

/** What is told in brackets after a record: its id, and what takes something away from it. */
export function cite(id: string, ...doubts: readonly (string | false)[]): string {
  let text = id;
  for (const doubt of doubts) if (doubt !== false) text += `, ${doubt}`;
  return `[${text}]`;
}

/** Share of some paths that are the task's files. */
export function overlapOf({ files }: Pick<ItemContext, "files">, paths: readonly string[]): number {
  return paths.length === 0 ? 0 : paths.filter((path) => files.has(path)).length / paths.length;
}
