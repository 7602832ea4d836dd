import { userInfo } from "node:os";
import { invalid } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import { openAllowance } from "../../model/allowance.js";
import { resolveConnection } from "../../model/connection.js";
import { NANO, nanoLimit } from "../../model/governor.js";
import type { Cap } from "../../store/allowance/money.js";
import type { OutputFormat } from "./arguments.js";
import { type CliContext, writeLine } from "./context.js";
import { formatUsd } from "./progress/paint.js";

/** What `budget cap` was told. */
export interface CapFlags {
  readonly usd?: number;
  readonly tokens?: number;
  readonly none?: true;
  readonly cycle?: number;
  readonly outputFormat: OutputFormat;
}

/**
 * Shows, sets (`--usd`) or drops (`--none`) the cap over all crews that use the environment's key. A new cap counts from
 * now on. Throws Fault BAD_INPUT, MODEL_NO_KEY, ALLOWANCE_UNREADABLE (exit 2).
 */
export function budgetCap(context: CliContext, flags: CapFlags): number {
  const { usd, tokens, none, cycle } = flags;
  if (tokens !== undefined || cycle !== undefined)
    throw invalid("BAD_INPUT", "the cap is one sum in US dollars over all cycles: --usd N or --none.");
  if (usd !== undefined && none === true) throw invalid("BAD_INPUT", "say --usd N or --none, not both.");
  const allowance = openAllowance(resolveConnection(context.env), { env: context.env, crew: "" });
  try {
    if (usd !== undefined) allowance.setCap(nanoLimit(usd), userInfo().username);
    if (none === true) allowance.setCap(null, "");
    const cap = allowance.cap();
    const text = flags.outputFormat === "json" ? visibleJson(reportOf(cap)) : capLine(cap);
    writeLine(context.out, text);
    return 0;
  } finally {
    allowance.close();
  }
}

function reportOf(cap: Cap | undefined): object {
  if (cap === undefined) return { usd: null };
  const { setAt, setBy } = cap;
  const [planned, spent, reserved] = [cap.allowed / NANO, cap.spent / NANO, cap.reserved / NANO];
  return { usd: { planned, spent, reserved, left: leftOf(cap) }, set_at: new Date(setAt).toISOString(), set_by: setBy };
}

function leftOf({ allowed, spent, reserved }: Cap): number {
  return Math.max(0, allowed - spent - reserved) / NANO;
}

function capLine(cap: Cap | undefined): string {
  if (cap === undefined) return "no cap over all crews under this key; `worknode budget cap --usd N` sets one";
  const { allowed, spent, reserved, setAt, setBy } = cap;
  const used = `${formatUsd(spent / NANO)} spent, ${formatUsd(reserved / NANO)} reserved`;
  return `all crews under this key: ${used}, ${formatUsd(leftOf(cap))} left of ${formatUsd(allowed / NANO)} (set ${new Date(setAt).toISOString()} by ${setBy})`;
}
