import type { RuleFinding } from "../file-measure.js";
import { isEcmaScript, type Language } from "../language.js";
import { calleeText } from "./loop/loop-write.js";
import { boundNames, childOf, type Piece, unwrap } from "./piece.js";
import type { RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

type Judged = Pick<RuleFinding, "verdict" | "message">;

/** The function a piece is in, with its names for what is computed. */
type Around = Pick<RuleContext, "language"> & {
  readonly unit: Unit;
  readonly computed: ReadonlySet<string>;
  readonly globals?: ReadonlySet<string>;
};

/** p10-9-pointer outside C and C++: a call of what a value names, not the text. */
export function computedMessage(piece: Piece, around: Around): Judged | undefined {
  if (piece.type === "JSXOpeningElement") return ofName(childOf(piece, "name")?.name ?? "", around);
  if (piece.kind !== "call") return undefined;
  return around.language === "java" ? ofJava(piece) : ofCallee(piece, around);
}

function ofCallee(call: Piece, around: Around): Judged | undefined {
  const callee = unwrap(childOf(call, "callee") ?? call);
  const inner = calledBy(call, callee);
  if (isComputed(inner, around)) return calls(callee.name);
  if (inner.kind === "name") return ofName(inner.name, around);
  if (inner.kind !== "call") return undefined;
  const maker = calleeText(inner);
  if (looksUp(inner)) return calls(maker);
  return maker.endsWith(".get") ? mayCall(maker) : undefined;
}

/** What is called: `f` of `f.call(…)`, and what `Reflect.apply` is given. */
function calledBy(call: Piece, callee: Piece): Piece {
  const given = callee.name === "Reflect.apply" ? childOf(call, "argument") : undefined;
  const indirect = INDIRECT.test(callee.name) && callee.kind === "member" ? callee.children[0] : callee;
  return unwrap(given ?? indirect ?? callee);
}

function ofName(name: string, { computed }: Around): Judged | undefined {
  return computed.has(name) ? calls(name) : undefined;
}

const calls = (name: string): Judged => ({ verdict: "fail", message: `calls what is computed: ${name}` });
const mayCall = (name: string): Judged => ({ verdict: "unknown", message: `calls what ${name} gives` });

const INDIRECT = /\.(?:call|apply|bind)$/;
/** What gives the member that a value names. */
const LOOKING_UP = /^(?:Reflect\.get|getattr|(?:operator\.)?(?:attrgetter|itemgetter|methodcaller))$|\.MethodByName$/;

/** A name that is written there is not computed. */
function looksUp(piece: Piece): boolean {
  if (piece.kind !== "call" || !LOOKING_UP.test(calleeText(piece))) return false;
  const list = childOf(piece, "arguments")?.children ?? piece.children.filter(({ role }) => role === "argument");
  return list[1]?.kind !== "literal";
}

const SUBSCRIPTS: ReadonlySet<string> = new Set(["subscript", "array_access"]);

function isComputed(piece: Piece, around: Around): boolean {
  if (SUBSCRIPTS.has(piece.type) || (piece.type === "MemberExpression" && piece.op === "[]")) return true;
  return piece.type === "index_expression" && isTable(piece.children[0], around);
}

/** In Go `f[int]()` makes a function of a generic one: only what holds values is a table. */
function isTable(operand: Piece | undefined, { language, unit, globals }: Around): boolean {
  if (language !== "go" || operand === undefined) return operand !== undefined;
  return operand.kind === "member" || unit.locals.has(operand.name) || (globals?.has(operand.name) ?? false);
}

/** `table[i].run()`, `table.get(k).run()`, and what reflection calls. */
function ofJava(call: Piece): Judged | undefined {
  const object = childOf(call, "object");
  if (object === undefined) return undefined;
  const name = childOf(call, "callee")?.name ?? "";
  if (REFLECTED.test(name)) return mayCall(`${object.name || "reflection"}.${name}`);
  return FUNCTIONAL.test(name) ? ofTable(unwrap(object)) : undefined;
}

function ofTable(object: Piece): Judged | undefined {
  if (SUBSCRIPTS.has(object.type)) return mayCall(object.name);
  const maker = object.kind === "call" ? calleeText(object) : "";
  return /\.get(?:OrDefault)?$/.test(maker) ? mayCall(maker) : undefined;
}

const REFLECTED = /^(?:invoke(?:Exact|WithArguments)?|newInstance)$/;
const FUNCTIONAL = /^(?:run|call|accept|apply|applyAs\w+|test|getAs\w+)$/;

/** The constants and variables of a function that hold what is computed: `g = o[k]`, `{ [k]: g } = o`, `getattr(o, k)`. */
export function computedNames({ own }: Unit, language: Language): Set<string> {
  const names = isEcmaScript(language) || language === "python" ? own.flatMap(computedBy) : [];
  return new Set(names.flatMap((one) => (one?.kind === "name" ? boundNames(one) : [])));
}

/** What a pattern, a variable or an assignment gives what is computed. */
function computedBy(piece: Piece): (Piece | undefined)[] {
  if (piece.type === "ObjectPattern") return piece.children.filter(isKeyed).map((each) => childOf(each, "target"));
  if (piece.kind !== "bind" && piece.kind !== "assign") return [];
  const value = childOf(piece, "init") ?? childOf(piece, "right");
  return value !== undefined && isLookedUp(unwrap(value)) ? [childOf(piece, "id") ?? childOf(piece, "left")] : [];
}

/** Whether a pattern's key is a value in brackets. */
function isKeyed(property: Piece): boolean {
  const [key, target] = [childOf(property, "key"), childOf(property, "target")];
  return key?.kind === "name" && key.start > property.start && target?.kind === "name";
}

function isLookedUp(value: Piece): boolean {
  return looksUp(value) || SUBSCRIPTS.has(value.type) || (value.type === "MemberExpression" && value.op === "[]");
}
