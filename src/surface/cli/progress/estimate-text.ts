import type { Estimate } from "../../../crew/cycle/estimate.js";
import { formatElapsed, formatUsd } from "./paint.js";

/** What a plan may take, with how much the guess rests on. */
export function estimateLine({ tasks, n, usd, ms, worst_usd }: Estimate): string {
  const worst = worst_usd === null ? "no bound in money" : `at most ${formatUsd(worst_usd)}`;
  if (usd === null || ms === null) return `${tasks} task(s), ${worst}; no finished task to estimate from`;
  return `${tasks} task(s), ${worst}; by the median of ${n} finished task(s) ${formatUsd(usd)} and ${formatElapsed(ms)}`;
}
