import type { RuleFinding } from "../file-measure.js";
import { computedMessage, computedNames } from "./computed-call.js";
import { declaredPointer } from "./declared-pointer.js";
import { childOf, foundAt, type Piece, unwrap } from "./piece.js";
import { finding, isCFamily, type RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

/** p10-9-pointer: a pointer behind a pointer, one to a function, one that a name hides, a computed call. */
export function findPointers(unit: Unit, context: RuleContext): RuleFinding[] {
  const judge = isCFamily(context.language) ? judgeC(unit, context) : judgeOther(unit, context);
  return foundAt(unit.own, (piece) => {
    const found = judge(piece);
    return found === undefined ? undefined : finding(context, piece, { rule: "p10-9-pointer", ...found });
  });
}

type Judged = Pick<RuleFinding, "verdict" | "message">;

const fails = (message: string): Judged => ({ verdict: "fail", message });
const BEHIND = fails("follows a pointer behind a pointer");
const MAY_LIE_BEHIND: Judged = { verdict: "unknown", message: "a pointer may lie behind what is subscripted" };

/** Outside C and C++ only what is computed, and what is followed twice, is looked for. */
function judgeOther(unit: Unit, context: RuleContext): (piece: Piece) => Judged | undefined {
  const computed = computedNames(unit, context.language);
  return (piece) =>
    computedMessage(piece, { unit, computed, ...context }) ?? (followsStars(piece) ? BEHIND : undefined);
}

/** `**p` and `*(*p).q` in Go and Rust. */
function followsStars(piece: Piece): boolean {
  const [inner] = piece.children;
  return isStar(piece) && inner !== undefined && chain(inner, "first").some(isStar);
}

function isStar({ type, op }: Piece): boolean {
  return type === "unary_expression" && op.startsWith("*");
}

/** In C++ what a variable holds may be a pointer to a function, or an object; in C the call graph tells. */
function judgeC({ own, locals }: Unit, { language, text }: RuleContext): (piece: Piece) => Judged | undefined {
  const known = new Set(language === "cpp" ? own.flatMap(lambdaNames) : locals);
  return (piece) => {
    if (piece.kind !== "call") return judgePointer(piece, text);
    const { name } = unwrap(childOf(piece, "callee") ?? piece);
    const held = locals.has(name) && !known.has(name);
    return held ? { verdict: "unknown", message: `calls what ${name} holds` } : judgeCall(piece);
  };
}

/** `auto f = [] { … }`: what `f` calls stands there. */
function lambdaNames({ type, children }: Piece): string[] {
  const isNamed =
    type === "init_declarator" && children.some(({ kind, role }) => role === "value" && kind === "function");
  return isNamed ? children.filter(({ role }) => role === "declarator").map(({ name }) => name) : [];
}

function judgePointer(piece: Piece, text: string): Judged | undefined {
  const message = declaredPointer(piece, text);
  if (message !== undefined) return fails(message);
  return steps(piece) ? judgeSteps(piece) : undefined;
}

function judgeCall(call: Piece): Judged | undefined {
  const callee = unwrap(childOf(call, "callee") ?? call);
  if (callee.type === "pointer_expression" || isOfMember(callee)) return fails("calls through a pointer");
  return HANDED.test(callee.name)
    ? { verdict: "unknown", message: `${callee.name} may call through a pointer` }
    : undefined;
}

/** `(a.*m)()`; the grammar of C++ does not read `->*`. */
function isOfMember({ op, children }: Piece): boolean {
  return op === ".*" || children.some(({ type, op: inner }) => type === "ERROR" && inner === "->*");
}

const HANDED = /^std::(?:invoke(?:_r)?|apply|mem_fn|bind(?:_front|_back)?)$/;

/** `**p`, `*p->q`, `p->q->r`; of a longer chain each further step counts. What is subscripted may be an array. */
function judgeSteps(piece: Piece): Judged | undefined {
  const inner = childOf(piece, "argument");
  const behind = inner === undefined ? [] : chain(inner, "argument").filter(steps);
  if (behind.length === 0) return undefined;
  return follows(piece) && behind.some(follows) ? BEHIND : MAY_LIE_BEHIND;
}

/** The pieces that lead to where a piece starts, through what is no step along a pointer: `.a`, `[i]`, `++`, `+ n`. */
function chain(start: Piece, through: "argument" | "first"): Piece[] {
  const found: Piece[] = [];
  for (let at: Piece | undefined = start; at !== undefined && found.length < MAX_STEPS; ) {
    const piece = unwrap(at);
    found.push(piece);
    if (!STEPPED.has(piece.type) && !follows(piece)) break;
    at = through === "first" ? piece.children[0] : innerOf(piece);
  }
  return found;
}

/** Of `p + n` the side that is no number. */
function innerOf(piece: Piece): Piece | undefined {
  if (piece.type !== "binary_expression") return childOf(piece, "argument");
  const sides = [childOf(piece, "left"), childOf(piece, "right")].filter((side) => side !== undefined);
  return /^[-+]$/.test(piece.op) ? (sides.find((side) => steps(unwrap(side))) ?? sides[0]) : undefined;
}

/** What stands between two steps along pointers without being one. */
const STEPPED: ReadonlySet<string> = new Set([
  "field_expression",
  "subscript_expression",
  "update_expression",
  "index_expression",
  "binary_expression",
]);
const MAX_STEPS = 100;

function steps(piece: Piece): boolean {
  return follows(piece) || piece.type === "subscript_expression";
}

function follows(piece: Piece): boolean {
  if (piece.type === "pointer_expression") return piece.op.startsWith("*");
  return piece.type === "field_expression" && piece.op === "->";
}
