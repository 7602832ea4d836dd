import { isEcmaScript, type Language } from "../../language.js";
import { below, childOf, type Piece, unwrap } from "../piece.js";
import { isCFamily } from "../rule.js";
import type { Bound } from "./loop-bound.js";
import { fieldOf, namesIn, ownersOf } from "./loop-name.js";
import { changingIn, type LoopParts, partsOf } from "./loop-part.js";
import { writesOf } from "./loop-write.js";
import type { SaidTypes } from "./said-type.js";

/** A type of numbers by what it can hold. */
interface NumberType {
  /** Bits of a whole number, or of what a floating-point number tells apart. */
  readonly bits: number;
  readonly unsigned: boolean;
  readonly floats: boolean;
}

/** What the types are asked of. */
export interface TypeScope {
  readonly language: Language;
  readonly said: SaidTypes;
  /** How a name was last declared before the loop, from the start of the declaration on; empty where it is not. */
  readonly declared: (name: string) => string;
  /** What was read of the function's loops. */
  readonly parts: LoopParts;
}

/**
 * Whether the types that are declared let a loop reach its bound that its text alone counts towards: a counter too
 * narrow for it never does, and what may change by itself, or steps by a function of its own, cannot be told.
 */
export function judgeTypes(loop: Piece, scope: TypeScope): Bound {
  const condition = childOf(loop, "condition");
  if (condition === undefined || scope.language === "python") return "pass";
  const names = new Set(namesIn(condition));
  if ([...names].some((name) => isVolatile(name, scope) || isShared(name, loop, scope))) return "unknown";
  if (shiftsForEver(condition, loop, scope)) return "unknown";
  const compares = below(condition).filter(({ kind }) => kind === "compare");
  const risen: ReadonlySet<string> = compares.length === 0 ? new Set() : risenNames(loop, scope.parts);
  const judged = compares.map((compare) => judgeCompare(compare, risen, scope));
  return judged.find((each) => each === "fail") ?? judged.find((each) => each === "unknown") ?? "pass";
}

/** Names that a loop counts up, with the least step. */
function risenNames(loop: Piece, parts: LoopParts): ReadonlySet<string> {
  const written = partsOf(loop, parts).flatMap(({ changing }) => changing);
  return new Set(written.flatMap(({ writes }) => writes).flatMap(([name, { how }]) => (how === "+" ? [name] : [])));
}

function judgeCompare(compare: Piece, risen: ReadonlySet<string>, scope: TypeScope): Bound {
  const [left, right] = compare.children.map(unwrap);
  if (left === undefined || right === undefined) return "pass";
  const [counter, bound] = compare.op.startsWith(">") ? [right, left] : [left, right];
  if (!risen.has(counter.name)) return "pass";
  return judgeCounter(counter.name, { bound, equal: MEETING.has(compare.op) }, scope);
}

/** What a counter is compared with, and whether it must go beyond that. */
interface Goal {
  readonly bound: Piece;
  readonly equal: boolean;
}

function judgeCounter(name: string, goal: Goal, scope: TypeScope): Bound {
  if (isEcmaScript(scope.language)) return numberOf(goal.bound) >= MAX_EXACT ? "unknown" : "pass";
  if (scope.language === "cpp" && isOwnType(scope.declared(name), name)) return "unknown";
  const type = typeOf(name, scope);
  return type === undefined ? "pass" : judgeReach(type, goal, scope);
}

/** From here on a number plus one may be the same number. */
const MAX_EXACT = 2 ** 53;
const MEETING: ReadonlySet<string> = new Set(["<=", ">="]);

function judgeReach(type: NumberType, { bound, equal }: Goal, scope: TypeScope): Bound {
  const needed = numberOf(bound) + Number(equal);
  if (!Number.isNaN(needed)) return judgeValue(type, needed);
  if (equal && LARGEST.test(bound.name)) return "unknown";
  const other = bound.kind === "name" ? typeOf(bound.name, scope) : undefined;
  if (other === undefined) return isNarrow(type) ? "unknown" : "pass";
  return holds(type, other, equal) ? "pass" : "unknown";
}

/** Whether a counter gets to all that the type of its bound can be; a wide one is not asked for the last of it. */
function holds(type: NumberType, other: NumberType, equal: boolean): boolean {
  if (reachOf(type) > reachOf(other)) return true;
  if (isNarrow(type)) return !equal && !type.floats && type.bits === other.bits;
  return type.bits >= other.bits;
}

/** A `char` may hold as much as an unsigned one. */
function judgeValue(type: NumberType, needed: number): Bound {
  if (needed <= reachOf(type)) return "pass";
  return type.floats || needed <= reachOf({ ...type, unsigned: true }) ? "unknown" : "fail";
}

const NARROW_BITS = 24;

function isNarrow({ bits, floats }: NumberType): boolean {
  return floats || bits <= NARROW_BITS;
}

function reachOf({ bits, unsigned, floats }: NumberType): number {
  if (floats) return 2 ** bits;
  return 2 ** (unsigned ? bits : bits - 1) - 1;
}

/** The largest values of types as the languages' libraries name them. */
const LARGEST =
  /^(?:U?(?:CHAR|SHRT|INT|LONG|LLONG|INT\d+|INTMAX|INTPTR)|SCHAR|S?SIZE)_MAX$|^(?:Byte|Short|Integer|Long|Character)\.MAX_VALUE$|^math\.MaxU?[Ii]nt\d*$|^[ui](?:\d+|size)::MAX$/;

function numberOf({ kind, name }: Piece): number {
  return kind === "literal"
    ? Number(name.replaceAll("_", "").replace(/(?<=[\d.])(?:[uUlLfFdD]+|[uif]\d+)$/, ""))
    : Number.NaN;
}

/** The type of a variable as it is declared, or of a bit field. */
function typeOf(name: string, scope: TypeScope): NumberType | undefined {
  const bits = isCFamily(scope.language) ? scope.said.bitsOf(fieldOf(name)) : undefined;
  if (bits !== undefined) return { bits, unsigned: true, floats: false };
  return numberType(typeWords(scope.declared(name), name, scope.language));
}

/** The words of a declaration that say its type; none for a pointer, a list or what is made of others. */
function typeWords(declared: string, name: string, language: Language): string {
  const stated = STATED[language];
  if (stated !== undefined) return (stated.exec(declared) ?? []).slice(1).join("");
  const at = declared.search(new RegExp(`\\b${name}\\b(?!\\s*\\[)`));
  const head = declared.slice(0, Math.max(0, at));
  return MADE.test(head) ? "" : (/^(?:\w+\s+)+/.exec(head) ?? []).join("");
}

const STATED: Partial<Record<Language, RegExp>> = {
  go: /^(?:\w+, ?)*\w+ (\w+)|:= *(\w+)\(/,
  rust: /^[^=]*?: *(\w+)|= *[\d._]+?([uif]\d+)\b/,
};
/** A pointer, a list, a function, a template. */
const MADE = /[*&>)\]]\s*(?:const\s*)?$|[<(]/;

const TYPES: readonly (readonly [RegExp, Omit<NumberType, "unsigned">])[] = [
  [/\b(?:float|float32|f32)\b/, { bits: 24, floats: true }],
  [/\b(?:double|float64|f64)\b/, { bits: 53, floats: true }],
  [/\b(?:char|byte|u?int8(?:_t)?|[ui]8)\b/, { bits: 8, floats: false }],
  [/\b(?:short|u?int16(?:_t)?|[ui]16)\b/, { bits: 16, floats: false }],
  [
    /\b(?:long|s?size_t|u?int64(?:_t)?|[ui]64|[ui]size|u?intmax_t|u?intptr_t|ptrdiff_t|off_t)\b/,
    { bits: 64, floats: false },
  ],
  [/\b(?:int|unsigned|signed|u?int32(?:_t)?|[ui]32|uint)\b/, { bits: 32, floats: false }],
];

function numberType(words: string): NumberType | undefined {
  const found = TYPES.find(([pattern]) => pattern.test(words))?.[1];
  return found === undefined ? undefined : { ...found, unsigned: UNSIGNED.test(words) };
}

const UNSIGNED = /\b(?:unsigned|u?char16_t|size_t|uint\w*|u\d+|usize)\b/;

/** In C++ `++` of a class runs what the class says. */
function isOwnType(declared: string, name: string): boolean {
  const words = /^(?:const )?([A-Z]\w*[a-z]\w*)\s+(\w+)/.exec(declared);
  return words?.[2] === name;
}

/** What is declared volatile may change by itself. */
function isVolatile(name: string, { language, said }: TypeScope): boolean {
  return (isCFamily(language) || language === "java") && said.isVolatile(name);
}

/** The members of a union are one place. */
function isShared(name: string, loop: Piece, { declared, language }: TypeScope): boolean {
  const owners = isCFamily(language) ? ownersOf(name).filter((owner) => /^\W*union\b/.test(declared(owner))) : [];
  const written =
    owners.length === 0
      ? []
      : below(loop)
          .flatMap(writesOf)
          .map(([target]) => target);
  return written.some((target) => target !== name && owners.some((owner) => ownersOf(target).includes(owner)));
}

/** A number below zero shifted to the right never is zero. */
function shiftsForEver(condition: Piece, loop: Piece, scope: TypeScope): boolean {
  const shifted = changingIn(loop, scope.parts).filter(({ piece: { kind, op } }) => kind === "assign" && op === ">>=");
  if (shifted.length === 0) return false;
  const told = below(condition).filter(({ kind, op }) => kind === "compare" && !op.startsWith("!"));
  const bounded = new Set(told.flatMap(namesIn));
  return shifted
    .flatMap(({ writes }) => writes)
    .some(
      ([name]) => namesIn(condition).includes(name) && !bounded.has(name) && typeOf(name, scope)?.unsigned !== true,
    );
}
