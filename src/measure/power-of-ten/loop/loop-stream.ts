import type { Language } from "../../language.js";
import { type Piece, unwrap } from "../piece.js";
import type { RuleContext } from "../rule.js";
import type { Unit } from "../unit.js";
import { declaringPieces } from "./declaration-index.js";
import { isFiniteName } from "./loop-source.js";
import { declaredStreams, listsOfGo, ownIterators } from "./stream-index.js";

/** What is gone over may be declared as something that gives without an end: a channel, an iterator, a generator. */
export function mayStream(source: Piece, unit: Unit, { text, language }: RuleContext): boolean {
  const { name, kind } = unwrap(source);
  if (name === "" || kind === "literal") return false;
  const own = declarationsOf(name, unit, text);
  const declared = own.length > 0 ? own : fieldDeclared(name, text, language);
  if (declared.some((one) => STREAMS.test(one) || isGiven(one) || isOpenRange(one))) return true;
  if (declared.some((one) => iteratesItself(one, text, language))) return true;
  return language === "go" && declared.length === 0 && !isListOfGo(name, text);
}

/** `it = numbers()`: a call that is not known to give something with an end. */
function isGiven(declared: string): boolean {
  const [, made, callee] = /^(?:let )?[\w$]+\s*:?=\s*(?:await\s+)?(new\s+)?([\w$.]+)\s*\(/.exec(declared) ?? [];
  if (callee === undefined || isFiniteName(callee)) return false;
  return !(made !== undefined && OWN_CLASSES.test(callee));
}

const OWN_CLASSES = /^(?:Map|Set|Array|URLSearchParams|\w*Array)$/;

function isOpenRange(declared: string): boolean {
  return /=\s*\w+\.\.\s*;/.test(declared);
}

/** Whether a declaration names a class, or a type, of this file that is its own iterator. */
function iteratesItself(declared: string, text: string, language: Language): boolean {
  const types = declared.slice(0, MAX_TYPE_CHARS).match(/\b[A-Z]\w*\b/g) ?? [];
  return types.some((type) => ownIterators(text, language).has(type));
}

/** How the text declares what the function does not as a stream: `this.s`, a name of a function around, a field of Java. */
function fieldDeclared(name: string, text: string, language: Language): string[] {
  const field = /(?:^this\.|^)#?([\w$]+)$/.exec(name)?.[1] ?? "";
  const declared = declaredStreams(text, language).get(field);
  return declared === undefined ? [] : [declared];
}

/** Whether the file says of a name that is not the function's own that it is a list, a map or a text. */
function isListOfGo(name: string, text: string): boolean {
  const own = /\w+$/.exec(name)?.[0] ?? "";
  return own !== "" && listsOfGo(text).has(own);
}

const STREAMS =
  /\bchan\b|\bfunc\b|\biter\.Seq|\b(?:Async)?(?:Into)?(?:Iterable|Iterator|Generator|Receiver|generator)\b/;

/** How a function declares a name: parameters, variables and what it is set to, from their start on. */
export function declarationsOf(name: string, unit: Unit, text: string): string[] {
  return declaringPieces(name, unit)
    .map(({ start, end }) => text.slice(start, Math.max(end, start) + (text[end] === ":" ? MAX_TYPE_CHARS : 0)))
    .map((declared) => declared.slice(0, MAX_DECLARED_CHARS));
}

/** Of a declaration, what is looked at (UTF-16 units). */
export const MAX_DECLARED_CHARS = 200;
/** Of it, where a type may stand. */
export const MAX_TYPE_CHARS = 60;
