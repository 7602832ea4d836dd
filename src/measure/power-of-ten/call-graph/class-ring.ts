import type { RuleFinding } from "../../file-measure.js";
import { calleeText } from "../loop/loop-write.js";
import { below, childOf, type Piece } from "../piece.js";
import { finding, type RuleContext } from "../rule.js";
import { findCycles } from "./call-graph-cycle.js";

/**
 * p10-1-recursion of what has no function of its own: classes whose fields make each other, or themselves, whenever
 * one is made; and in C++ what is destroyed with all it holds of its own kind.
 */
export function findClassRings(root: Piece, context: RuleContext): RuleFinding[] {
  const pieces = below(root);
  const classes = pieces.filter(({ kind, type }) => kind === "class" && type !== "impl_item");
  const making = makingRings(classes, pieces).map((one) => ring(context, one, "makes another of its own kind"));
  return [...making, ...classes.filter((one) => holdsItself(one, context)).map((one) => ring(context, one, HOLDS))];
}

/** The classes among these pieces that make each other, or themselves. */
function makingRings(classes: readonly Piece[], pieces: readonly Piece[]): (Piece | undefined)[] {
  const made = new Map(classes.map((one) => [nameOf(one), one] as const));
  made.delete("");
  const names = [...made.keys()];
  const used = [...made.values()].map((one) => usedBy(initialisers(one)));
  if (used.every((each) => each.length === 0)) return [];
  const functions = new Map(pieces.filter(isNamedFunction).map((piece) => [nameOf(piece), piece] as const));
  const others = [...functions.keys()].filter((name) => !made.has(name));
  const places = new Map([...names, ...others].map((name, at) => [name, at]));
  const edges = [...used, ...others.map((name) => usedBy([functions.get(name)]))].map((each) =>
    each.flatMap((name) => places.get(name) ?? []),
  );
  const rings = findCycles(edges).flatMap((nodes) => nodes.filter((node) => node < names.length));
  return rings.map((node) => made.get(names[node] ?? ""));
}

const HOLDS = "is destroyed with what it holds of its own kind";

function ring(context: RuleContext, piece: Piece | undefined, what: string): RuleFinding {
  const where = piece ?? { start: 0 };
  const name = piece === undefined ? "" : nameOf(piece);
  return finding(context, where, { rule: "p10-1-recursion", verdict: "unknown", message: `the class ${name} ${what}` });
}

function nameOf(piece: Piece): string {
  return (childOf(piece, "id") ?? childOf(piece, "name"))?.name ?? "";
}

function isNamedFunction(piece: Piece): boolean {
  return piece.kind === "function" && piece.role !== "value" && nameOf(piece) !== "";
}

/** What runs when one is made: values of fields, blocks between them, constructors. */
function initialisers(one: Piece): Piece[] {
  const members = childOf(one, "body")?.children ?? [];
  return members.filter(({ type }) => FIELDS.has(type));
}

const FIELDS: ReadonlySet<string> = new Set([
  "PropertyDefinition",
  "field_declaration",
  "block",
  "constructor_declaration",
]);

/** Names of what these make or call at once. */
function usedBy(pieces: readonly (Piece | undefined)[]): string[] {
  return pieces
    .filter((piece) => piece !== undefined)
    .flatMap((piece) => below(piece, ({ kind }) => kind !== "function"))
    .filter(({ kind }) => kind === "call")
    .map((call) => calleeText(call) || (childOf(call, "callee")?.name ?? ""));
}

/** `struct N { std::unique_ptr<N> next; }`: one destructor runs the next. */
function holdsItself(one: Piece, { language, text }: RuleContext): boolean {
  const name = nameOf(one);
  if (language !== "cpp" || name === "") return false;
  const fields = (childOf(one, "body")?.children ?? []).filter(({ type }) => type === "field_declaration");
  const holding = new RegExp(`<[^;]*\\b${name}\\b[^;*]*>`);
  return fields.some(({ start, end }) => holding.test(text.slice(start, end)));
}
