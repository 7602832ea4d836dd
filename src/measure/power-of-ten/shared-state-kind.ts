import type { RuleFinding } from "../file-measure.js";
import type { Language } from "../language.js";
import { variablesOf, wordsOf } from "./global-variable.js";
import { calleeText, targetOf } from "./loop/loop-write.js";
import { childOf, type Piece, unwrap } from "./piece.js";
import type { RuleContext } from "./rule.js";
import { isShared, type Unit } from "./unit.js";

/** What is wrong, or may be, with what a piece changes. */
export type Changed = Pick<RuleFinding, "verdict" | "message"> | undefined;

type Judge = (piece: Piece, unit: Unit, context: RuleContext) => Changed;

const fails = (message: string): Changed => ({ verdict: "fail", message });
const may = (message: string): Changed => ({ verdict: "unknown", message });

/** `exports.n = 1` while the program runs, and what a static method sets on its class. */
export function stateOfEcmaScript(piece: Piece, { piece: around }: Unit, { text }: RuleContext): Changed {
  if (piece.kind !== "assign" && piece.kind !== "step") return undefined;
  const target = targetOf(piece);
  if (/^(?:module\.)?exports\b/.test(target)) return fails(`sets what the module gives: ${target}`);
  if (!target.startsWith("this.")) return undefined;
  const before = text.slice(Math.max(0, around.start - MAX_HEAD_CHARS), around.start);
  return STATIC.test(before) ? fails(`sets what all of a class share: ${target}`) : undefined;
}

/** What stands between `static` and the arguments of a method. */
const STATIC = /\bstatic\s+(?:async\s+)?(?:[gs]et\s+)?\*?\s*[\w$#]+\s*$/;
const MAX_HEAD_CHARS = 120;

/** By language, beyond what a list or a table of the file is. */
export const OTHER_STATE: Readonly<Partial<Record<Language, Judge>>> = {
  c: keptByC,
  cpp: (piece) => keptByC(piece) ?? setByQualified(piece),
  python: ofPython,
  go: throughPointer,
  rust: (piece) => (piece.type === "static_item" ? may(`keeps ${nameOf(piece)} from call to call`) : undefined),
  java: ofOthers,
};

function nameOf(piece: Piece): string {
  return childOf(piece, "name")?.name ?? "";
}

/** A variable that outlives the call, or that another file shares, declared within a function. */
function keptByC(piece: Piece): Changed {
  if (piece.type !== "declaration") return undefined;
  const words = wordsOf(piece);
  const [name] = variablesOf(piece);
  if (name === undefined) return undefined;
  if (words.includes("extern")) return fails(`reaches the global variable ${name}`);
  return words.some((word) => OUTLIVING.has(word)) ? may(`keeps ${name} from call to call`) : undefined;
}

const OUTLIVING: ReadonlySet<string> = new Set(["static", "thread_local", "_Thread_local", "__thread"]);

/** `A::n = 1`. */
function setByQualified(piece: Piece): Changed {
  if (piece.kind !== "assign" && piece.kind !== "step") return undefined;
  const target = targetOf(piece);
  return /^(?:\w+::)+\w+/.test(target) ? fails(`sets the global variable ${target}`) : undefined;
}

function ofPython(piece: Piece, unit: Unit): Changed {
  if (piece.type === "default_parameter" || piece.type === "typed_default_parameter") return keptDefault(piece);
  if (piece.kind === "call") return setByName(piece, unit);
  if (piece.kind !== "assign" || MAKES_CLASS.test(nameOf(unit.piece))) return undefined;
  const target = targetOf(piece);
  return target.startsWith("cls.") ? fails(`sets what all of a class share: ${target}`) : undefined;
}

/** Methods that run while a class or an object is made. */
const MAKES_CLASS = /^__(?:new|init|init_subclass|set_name|prepare|class_getitem)__$/;

/** A default that is a list or a table is the same one at every call. */
function keptDefault(parameter: Piece): Changed {
  const value = childOf(parameter, "value");
  const isKept =
    value !== undefined &&
    (/^(?:list|dictionary|set)$/.test(value.type) || /^(?:list|dict|set)$/.test(calleeText(value)));
  return isKept ? may(`keeps the default of ${nameOf(parameter)} from call to call`) : undefined;
}

/** `setattr(module, name, value)`. */
function setByName(call: Piece, unit: Unit): Changed {
  if (!/^(?:set|del)attr$/.test(calleeText(call))) return undefined;
  const owner = ownerOf(childOf(call, "arguments")?.children[0]?.name);
  const isOwn = owner === "" || owner === "self" || owner === "cls" || !isShared(unit, owner);
  return isOwn ? undefined : fails(`sets a name of ${owner}`);
}

/** The name that a text begins with. */
function ownerOf(target: string | undefined): string {
  return /^\w+/.exec(target ?? "")?.[0] ?? "";
}

/** `*q.P = 1` in Go. */
function throughPointer(piece: Piece, unit: Unit): Changed {
  const [left] = piece.kind === "assign" ? (childOf(piece, "left")?.children ?? []) : [];
  const target = left === undefined ? "" : pointedTo(unwrap(left));
  const owner = ownerOf(target);
  return owner !== "" && isShared(unit, owner) ? fails(`sets the global variable ${target}`) : undefined;
}

function pointedTo({ type, op, children: [only] }: Piece): string {
  return type === "unary_expression" && op.startsWith("*") ? (only?.name ?? "") : "";
}

/** In Java a name with a capital that no function binds is a class: what is set on it is static. */
function ofOthers(piece: Piece, unit: Unit): Changed {
  if (piece.kind !== "assign" && piece.kind !== "step") return undefined;
  const target = targetOf(piece);
  const owner = /^([A-Z]\w*)[.[]/.exec(target)?.[1] ?? "";
  return owner === "" || !isShared(unit, owner) ? undefined : fails(`sets what the whole program sees: ${target}`);
}
