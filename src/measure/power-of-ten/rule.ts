import type { RuleFinding } from "../file-measure.js";
import type { Language } from "../language.js";
import { type LineTable, lineAt } from "../line-table.js";
import type { Effort } from "./loop/loop-bound.js";
import type { Piece } from "./piece.js";

/** The rules (DESIGN §9), after Holzmann's ten; the first of them is two. */
export type PowerOfTenRule =
  | "p10-1-jump"
  | "p10-1-recursion"
  | "p10-2-loop-bound"
  | "p10-3-alloc-after-init"
  | "p10-4-length"
  | "p10-5-assert"
  | "p10-6-scope"
  | "p10-7-return"
  | "p10-8-preproc"
  | "p10-9-pointer"
  | "p10-10-warnings";

/** What the rules on one file share. */
export interface RuleContext {
  readonly language: Language;
  readonly text: string;
  readonly table: LineTable;
  /** Effort left for loops in loops. */
  readonly effort: Effort;
  /** Offsets of code before which a comment states a bound. */
  readonly stated: ReadonlySet<number>;
}

/** A finding of a rule about a piece. */
export function finding(
  context: Pick<RuleContext, "table">,
  piece: Pick<Piece, "start">,
  what: { rule: PowerOfTenRule; verdict: RuleFinding["verdict"]; message: string },
): RuleFinding {
  return { rule: what.rule, line: lineAt(context.table, piece.start), verdict: what.verdict, message: what.message };
}

/** Whether the C rules hold: in C and C++ some of them block (DESIGN §5). */
export function isCFamily(language: Language | null | undefined): boolean {
  return language === "c" || language === "cpp";
}
