import type { StoreReader } from "../store/reader.js";
import { oneLine } from "./text.js";

/** The sources' words when there is nothing to continue (S4:202; exit 7). */
const NOTHING_TO_CONTINUE = "No incomplete cycle to continue";

/** What `continue` says when nothing is incomplete: the error, and the last cycle that ended, if any. */
export function describeNothing(store: StoreReader | undefined): { error: string; last: string | null } {
  const row = store?.queries.lastEndedCycle();
  if (row === undefined) return { error: NOTHING_TO_CONTINUE, last: null };
  const when = (row.ended_hlc ?? row.started_hlc).slice(0, 16).replace("T", " ");
  const why = row.reason === null || row.reason === "" ? "" : `: ${oneLine(row.reason)}`;
  return {
    error: NOTHING_TO_CONTINUE,
    last: `Last finished cycle: ${row.number} (${oneLine(row.title)}), ${row.status} at ${when} UTC${why}`,
  };
}
