import type { UsageRow } from "../../../store/agent-rows.js";
import { formatTokens, formatUsd, singleLine } from "./paint.js";

type Cost = Pick<
  UsageRow,
  "task" | "agent" | "tier" | "model" | "requests" | "spent_tokens" | "spent_usd" | "reserved_usd"
>;

/** What a cycle cost by task and agent, then by tier, then by model, dearest first; nothing where nothing was asked. */
export function costLines(rows: readonly Cost[]): string[] {
  if (rows.length === 0) return [];
  return [
    ...group(rows, ({ task, agent }) => `${task ?? "-"} ${agent}`),
    ...group(rows, ({ tier }) => `tier ${tier}`),
    ...group(rows, ({ model }) => `model ${model}`),
  ];
}

function group(rows: readonly Cost[], nameOf: (row: Cost) => string): string[] {
  const sums = new Map<string, { usd: number; reserved: number; tokens: number; requests: number }>();
  for (const row of rows) {
    const sum = sums.get(nameOf(row)) ?? { usd: 0, reserved: 0, tokens: 0, requests: 0 };
    sum.usd += row.spent_usd;
    sum.reserved += row.reserved_usd;
    sum.tokens += row.spent_tokens;
    sum.requests += row.requests;
    sums.set(nameOf(row), sum);
  }
  return [...sums]
    .sort(([, a], [, b]) => b.usd - a.usd || b.tokens - a.tokens)
    .map(([name, { usd, reserved, tokens, requests }]) => {
      const held = reserved > 0 ? `, ${formatUsd(reserved)} reserved` : "";
      return `${singleLine(name)}: ${formatUsd(usd)}${held}, ${formatTokens(tokens)} tokens, ${requests} request(s)`;
    });
}
