import { isEcmaScript, type Language } from "../language.js";
import { childOf, type Piece } from "./piece.js";
import { declaresVoid } from "./preprocessor.js";
import { isCFamily, type RuleContext } from "./rule.js";

type Source = Pick<RuleContext, "language" | "text">;

/** The part of a definition that says what it returns. */
const RESULT_ROLES: Readonly<Partial<Record<Language, string>>> = { go: "result", rust: "return_type" };

/** Whether a function returns nothing; undefined where its text does not say, or says it of a type that is not read. */
export function returnsNothing(piece: Piece, { language, text }: Source): boolean | undefined {
  if (isCFamily(language)) return declaresVoid(piece, text);
  const role = RESULT_ROLES[language];
  if (role !== undefined) return piece.type.includes("closure") ? undefined : childOf(piece, role) === undefined;
  const type = language === "java" ? childOf(piece, "type") : undefined;
  return type === undefined ? undefined : type.type === "void_type";
}

/** Whether what a function gives is to be waited for. */
export function isAsync(piece: Piece, { language, text }: Source): boolean {
  if (language === "python") return /^async\b/.test(text.slice(piece.start, piece.start + MAX_WORD_CHARS));
  if (piece.op === "async" || piece.children.some(isAsyncWord)) return true;
  if (!isEcmaScript(language)) return false;
  const body = childOf(piece, "body");
  const head = body === undefined ? "" : text.slice(Math.max(piece.start, body.start - MAX_HEAD_CHARS), body.start);
  return /\)\s*:\s*Promise(?:Like)?\s*<[^()]*>\s*(?:=>\s*)?$/.test(head);
}

/** Rust says it before the name. */
function isAsyncWord({ type, op }: Piece): boolean {
  return type === "function_modifiers" && op === "async";
}

const MAX_WORD_CHARS = 16;
/** Of a function's head, what is looked at for the type it returns (UTF-16 units). */
const MAX_HEAD_CHARS = 400;
