import type { RuleFinding } from "../file-measure.js";
import { lineAt } from "../line-table.js";
import type { PowerOfTenRule, RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

/** Rules that what cannot be read could break. */
const RULES: readonly PowerOfTenRule[] = [
  "p10-1-jump",
  "p10-1-recursion",
  "p10-2-loop-bound",
  "p10-3-alloc-after-init",
];
/** What may hold a call, a jump or a loop. */
const MAY_HIDE = /\w\s*!?\(|\b(?:goto|for|while|do|loop|new|break|continue)\b/;

/** What is unknown of a function because a part of it cannot be read. */
export function unreadFindings(line: number, why: string): RuleFinding[] {
  const message = `a part of it cannot be read: ${why}`;
  return RULES.map((rule) => ({ rule, line, verdict: "unknown", message }));
}

/** The first place of a function that no grammar reads, where it may hide something. */
export function findUnread(unit: Unit, { text, table }: RuleContext): RuleFinding[] {
  const place = unit.own.find(({ type, start, end }) => type === "ERROR" && MAY_HIDE.test(text.slice(start, end)));
  if (place === undefined || unit.parent === null) return [];
  return unreadFindings(lineAt(table, place.start), "it does not fit the grammar");
}
