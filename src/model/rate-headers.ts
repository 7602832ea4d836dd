import type { RateKind, RateReading } from "../store/allowance/pace.js";

/** Names of the limits in `anthropic-ratelimit-<name>-{limit,remaining,reset}`. */
const NAMES: readonly (readonly [string, RateKind])[] = [
  ["requests", "requests"],
  ["input-tokens", "input"],
  ["output-tokens", "output"],
  ["tokens", "tokens"],
];
/** Limits are stated per minute; one whose reset is missing fills within that. */
const MINUTE_MS = 60_000;
/** A reset further away than this is no rate limit of the API. */
const MAX_RESET_MS = 24 * 60 * MINUTE_MS;

/**
 * What a response's head says of the key's limits for the model asked. A limit that is not said whole is left out.
 * Times are by the server's own `date`, where it gives one, so that a wrong clock here does no harm.
 */
export function readRates(headers: Headers, nowMs: number): RateReading[] {
  const sentMs = Date.parse(headers.get("date") ?? "");
  const baseMs = Number.isNaN(sentMs) ? nowMs : sentMs;
  return NAMES.flatMap(([name, kind]) => {
    const allowed = count(headers.get(`anthropic-ratelimit-${name}-limit`));
    const remaining = count(headers.get(`anthropic-ratelimit-${name}-remaining`));
    if (allowed === undefined || allowed === 0 || remaining === undefined) return [];
    const resetMs = Date.parse(headers.get(`anthropic-ratelimit-${name}-reset`) ?? "") - baseMs;
    const fullInMs = Number.isNaN(resetMs) || resetMs > MAX_RESET_MS ? MINUTE_MS : Math.max(0, resetMs);
    return [{ kind, allowed, remaining, fullInMs }];
  });
}

function count(text: string | null): number | undefined {
  const value = text === null || text === "" ? Number.NaN : Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
