import type { RuleFinding } from "../file-measure.js";
import { lineAt } from "../line-table.js";
import { childOf, MISSING, type Piece } from "./piece.js";
import { isCFamily, type PowerOfTenRule, type RuleContext } from "./rule.js";
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

/** The first place of a function that is not read, where it may hide something. */
export function findUnread(unit: Unit, context: RuleContext): RuleFinding[] {
  if (unit.parent === null) return [];
  for (const piece of unit.own) {
    const why = unreadReason(piece, context);
    if (why !== undefined) return unreadFindings(lineAt(context.table, piece.start), why);
  }
  return [];
}

function unreadReason(piece: Piece, { text, language }: RuleContext): string | undefined {
  if (ASSEMBLER.has(piece.type)) return "it is assembler";
  if (piece.type === "macro_invocation") return language === "rust" ? macroReason(piece) : undefined;
  const words = isCFamily(language) ? ANY_WORD : MAY_HIDE;
  return hides(piece, words, text) ? "it does not fit the grammar" : undefined;
}

const ASSEMBLER: ReadonlySet<string> = new Set(["gnu_asm_expression", "ms_asm", "asm_statement"]);

/** In C and C++ any word that no grammar reads may be a macro. */
const ANY_WORD = /\w/;

/** What stands where something is missing may be anything. */
function hides({ type, start, end }: Piece, words: RegExp, text: string): boolean {
  return type === MISSING || (type === "ERROR" && words.test(text.slice(start, end)));
}

/** Rust's own macros whose arguments are expressions; what another one makes of its text is not known. */
const KNOWN_MACROS =
  /^(?:std::|core::)?(?:e?print(?:ln)?|format(?:_args)?|write(?:ln)?|panic|todo|unimplemented|unreachable|(?:debug_)?assert(?:_eq|_ne)?|vec|matches|dbg|concat|stringify|env|option_env|include_str|include_bytes|line|file|column|module_path|cfg|compile_error)$/;

function macroReason(piece: Piece): string | undefined {
  const name = childOf(piece, "callee")?.name ?? "";
  return KNOWN_MACROS.test(name) ? undefined : `the macro ${name}! may make anything of it`;
}
