import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import type { StoreReader } from "../store/reader.js";

/** Tasks learnt from, last done first. */
const MAX_TASKS = 200;
/** With at least so many of the same kind, only those count. */
const ENOUGH_OF_A_KIND = 3;
const HOUR_MS = 60 * 60_000;

/** What an estimate is likely to become, learnt from tasks the same role did. */
export interface EstimateSuggestion {
  role: string;
  /** Kind of the tasks it is learnt from (a phase of plans), or null for all of the role's. */
  kind: string | null;
  estimate: number;
  /** Estimate times the median ratio: hours, where estimates are hours. */
  suggestion: number;
  /** Median of hours taken by estimate. */
  ratio: number;
  /** Tasks it is learnt from. */
  n: number;
}

/**
 * An estimate times the median of actual by estimate (S3:430-433), of the role's tasks of that kind where there are
 * enough, else of all its tasks; null where it did none. Refuses an estimate that is no positive number.
 */
export function suggestEstimate(
  store: StoreReader,
  { role, kind, estimate }: { role: string; kind?: string; estimate: number },
): Result<EstimateSuggestion | null, Fault> {
  if (!(estimate > 0 && Number.isFinite(estimate)))
    return err(invalid("INVALID_ESTIMATE", "The estimate must be a positive number."));
  const all = store.queries.actuals(role, MAX_TASKS);
  const same = all.filter((row) => row.kind === kind);
  const rows = same.length >= ENOUGH_OF_A_KIND ? same : all;
  const ratios = rows.map((row) => (timeOf(row.ended_hlc) - timeOf(row.started_hlc)) / HOUR_MS / row.estimate);
  if (ratios.length === 0) return ok(null);
  const ratio = medianOf(ratios);
  const learnt = { kind: rows === all ? null : (kind ?? null), suggestion: estimate * ratio, ratio, n: ratios.length };
  return ok({ role, estimate, ...learnt });
}

function timeOf(hlc: string): number {
  return Date.parse(hlc.slice(0, 24));
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}
