import type { Language } from "../language.js";
import { withoutText } from "./declared-pointer.js";
import { childOf, type Piece } from "./piece.js";
import type { RuleContext } from "./rule.js";

/**
 * What a directive of C or C++ does beyond naming a header, guarding it and defining a plain macro; undefined for other
 * pieces. `within`: it stands in a function.
 */
export function directiveMessage(
  piece: Piece,
  { text, language }: Pick<RuleContext, "text" | "language">,
  within: boolean,
): string | undefined {
  if (piece.type === "preproc_include") return includeMessage(piece, within);
  if (MACROS.has(piece.type)) return macroMessage(piece, text, language);
  return DIRECTIVES[piece.type]?.(piece, text);
}

const MACROS: ReadonlySet<string> = new Set(["preproc_def", "preproc_function_def"]);

function conditionalMessage(piece: Piece, text: string): string | undefined {
  return isGuard(piece, text) ? undefined : "compiles conditionally";
}

const DIRECTIVES: Readonly<Record<string, (piece: Piece, text: string) => string | undefined>> = {
  preproc_if: conditionalMessage,
  preproc_ifdef: conditionalMessage,
  preproc_directive: ({ name }) => (OTHERS.test(name) ? `uses the preprocessor for ${name}` : undefined),
  preproc_call: (piece) =>
    /^(?:push|pop)_macro\b/.test(childOf(piece, "argument")?.name ?? "") ? "sets a macro aside by a pragma" : undefined,
  ERROR: (piece, text) =>
    /^(?:%:|\?\?=)/.test(text.slice(piece.start, piece.start + 3)) ? "writes a directive in other signs" : undefined,
  call_expression: (piece) =>
    /^_?_[pP]ragma$/.test(childOf(piece, "callee")?.name ?? "") ? "makes a directive where code stands" : undefined,
};

/** Neither `#error` nor `#pragma`, which change no code. */
const OTHERS = /^#\s*(?:undef|line|include_next|import|embed|assert|unassert|ident)$/;

function includeMessage(include: Piece, within: boolean): string | undefined {
  if (!include.children.every(({ type }) => type !== "identifier" && type !== "call_expression"))
    return "includes what a macro names";
  return within ? "includes a file within a function" : undefined;
}

function macroMessage(macro: Piece, text: string, language: Language): string | undefined {
  const name = childOf(macro, "name")?.name ?? "";
  const source = bare(text, macro);
  const body = bare(text, childOf(macro, "value")).trim();
  const takes = macro.type === "preproc_function_def";
  const told: readonly (readonly [boolean, string])[] = [
    [/##|%:%:|\?\?=/.test(source), "a macro pastes tokens"],
    [isKeyword(name, language), "a macro takes the name of a keyword"],
    [!isWhole(source) || isPart(body), "a macro is no complete unit"],
    [PRAGMA.test(body), "a macro makes a directive"],
    [takes && new RegExp(`\\b${name}\\s*\\(`).test(body), "a macro uses itself"],
    [takes && /^[^)]*\.\.\./.test(source), "a macro takes any number of arguments"],
  ];
  return told.find(([holds]) => holds)?.[1];
}

const PRAGMA = /\b_?_[pP]ragma\b/;

/** The text of a piece on one line, without comments and without what strings hold. */
function bare(text: string, piece: Piece | undefined): string {
  return piece === undefined ? "" : withoutText(text.slice(piece.start, piece.end).replace(/\\\r?\n/g, ""));
}

function isKeyword(name: string, language: Language): boolean {
  return KEYWORDS.has(name) || (language === "cpp" && KEYWORDS_OF_CPP.has(name));
}

/** Whether every bracket of a macro is closed in it. */
function isWhole(source: string): boolean {
  return ["()", "[]", "{}"].every(
    ([open = "", close = ""]) => source.split(open).length === source.split(close).length,
  );
}

/** Whether what stands around a macro's use has to make it whole: a head without a body, half of a choice or of a sum. */
function isPart(body: string): boolean {
  if (HEADLESS.test(body) || ENDLESS.test(body)) return true;
  if (/^(?:for|while|if|switch)\s*\(/.test(body) && closesAtEnd(body)) return true;
  return /;\s*[^\s;]/.test(withoutBrackets(body));
}

/** What stands in no bracket. */
function withoutBrackets(body: string): string {
  let left = body;
  for (let depth = 0; depth < MAX_BRACKETS && /[({[]/.test(left); depth += 1)
    left = left.replace(/\([^(){}[\]]*\)|\{[^(){}[\]]*\}|\[[^(){}[\]]*\]/g, " ");
  return left;
}

/** Brackets in brackets that are looked through. */
const MAX_BRACKETS = 20;

/** What cannot begin a unit: a choice's second half, a jump out of what stands around, an operator between two sides. */
const HEADLESS = /^(?:else|case|default|return|break|continue|goto)\b|^(?:[=!]=|&&|\|\||<<|>>|[/%^|?:)\]}]|=(?!=))/;
/** What cannot end one. */
const ENDLESS = /(?:\b(?:else|do|return|goto|case)|(?<!\+)\+|(?<!-)-|&&|[/%^|=!~?])$/;

/** `for (…)`: the bracket that opens first closes last. */
function closesAtEnd(body: string): boolean {
  let depth = 0;
  for (let at = body.indexOf("("); at < body.length; at += 1) {
    if (body[at] === "(") depth += 1;
    if (body[at] === ")") depth -= 1;
    if (depth === 0) return at === body.length - 1;
  }
  return false;
}

/** Words that decide what code does, or what a type is. */
const KEYWORDS: ReadonlySet<string> = new Set(
  "if else for while do switch case default break continue return goto sizeof struct union enum int char long short double float signed unsigned void const static".split(
    " ",
  ),
);
const KEYWORDS_OF_CPP: ReadonlySet<string> = new Set(
  "class public private protected virtual new delete throw try catch true false bool namespace template this".split(
    " ",
  ),
);

/** `#ifndef X` followed by `#define X`, and `extern "C"` for C++. */
function isGuard(piece: Piece, text: string): boolean {
  const source = text.slice(piece.start, piece.start + MAX_GUARD_CHARS);
  const name = /^#\s*if(?:ndef\s+|\s+!\s*defined\s*\(?\s*)(\w+)/.exec(source)?.[1];
  if (name !== undefined && new RegExp(`#\\s*define\\s+${name}\\b`).test(source)) return true;
  return /^#\s*ifdef\s+__cplusplus\b/.test(source);
}

/** Of a conditional, what is looked at for its guard (UTF-16 units). */
const MAX_GUARD_CHARS = 2_000;
