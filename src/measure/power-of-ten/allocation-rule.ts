import type { RuleFinding } from "../file-measure.js";
import { isEcmaScript } from "../language.js";
import { lineAt } from "../line-table.js";
import type { FunctionFact } from "./fact.js";
import { calleeText, targetOf } from "./loop-write.js";
import { below, childOf, type Piece } from "./piece.js";
import { finding, isCFamily, type RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

export const ALLOCATING =
  /^(?:std::)?(?:malloc|getline|getdelim|wcsdup|pvalloc|calloc|realloc|reallocarray|aligned_alloc|memalign|posix_memalign|valloc|alloca|strdup|strndup|asprintf|vasprintf|make_unique|make_shared)(?:<.*)?$/;

/** p10-3-alloc-after-init in C and C++: the calls of the malloc family and `new` in a function. */
export function findAllocations(unit: Unit, context: RuleContext): FunctionFact["allocations"] {
  if (!isCFamily(context.language)) return [];
  return unit.own.flatMap((piece) => {
    if (piece.kind !== "call") return [];
    const name = piece.type === "new_expression" ? "new" : calleeText(piece);
    const allocates = name === "new" ? !isPlaced(piece) : ALLOCATING.test(name);
    return allocates ? [{ name, line: lineAt(context.table, piece.start) }] : [];
  });
}

/** `new (place) T` allocates nothing. */
function isPlaced(piece: Piece): boolean {
  return childOf(piece, "placement") !== undefined;
}

const GROWING = /^([\w$]+)\.(?:set|push|add|unshift|append)$/;
const SHRINKING = /^([\w$]+)\.(?:delete|clear|pop|shift|splice)$/;

/**
 * p10-3-alloc-after-init in ECMAScript: a function that adds to a collection of the module, made empty, from which
 * the file takes nothing and whose size it compares with nothing. `units`: all of the file.
 */
export function findGrowth(unit: Unit, collections: ReadonlySet<string>, context: RuleContext): RuleFinding[] {
  return unit.own.flatMap((piece) => {
    if (piece.kind !== "call") return [];
    const name = GROWING.exec(calleeText(piece))?.[1] ?? "";
    if (collections.has(name) && !unit.locals.has(name)) return [allocation(context, piece, "fail", growth(name))];
    return startsMany(piece) ? [allocation(context, piece, "unknown", "starts as many at once as a list is long")] : [];
  });
}

function growth(name: string): string {
  return `adds to ${name}, which lives as long as the module and which nothing bounds`;
}

function allocation(context: RuleContext, piece: Piece, verdict: RuleFinding["verdict"], message: string): RuleFinding {
  return finding(context, piece, { rule: "p10-3-alloc-after-init", verdict, message });
}

function startsMany(call: Piece): boolean {
  if (!/^Promise\.(?:all|allSettled|any|race)$/.test(calleeText(call))) return false;
  const given = childOf(call, "argument");
  return given?.kind === "call" && (calleeText(given) || memberName(given)).endsWith(".map");
}

function memberName(call: Piece): string {
  const callee = childOf(call, "callee");
  const property = callee === undefined ? undefined : childOf(callee, "property");
  return property === undefined ? "" : `.${property.name}`;
}

/** Names of the module's collections that only grow. */
export function growingCollections(units: readonly Unit[], context: RuleContext): Set<string> {
  if (!isEcmaScript(context.language)) return new Set();
  const binds = units[0]?.own.filter(({ kind }) => kind === "bind") ?? [];
  const empty = binds.filter((piece) => isEmptyCollection(childOf(piece, "init")));
  const made = new Set(empty.map((piece) => childOf(piece, "id")?.name ?? ""));
  if (made.size > 0)
    for (const name of units.flatMap(({ own }) => own.flatMap((piece) => boundedBy(piece)))) made.delete(name);
  return made;
}

function isEmptyCollection(init: Piece | undefined): boolean {
  if (init === undefined) return false;
  if (init.type === "ArrayExpression") return init.children.length === 0;
  const made = init.op === "new" && /^(?:Map|Set)$/.test(calleeText(init));
  return made && !init.children.some(({ role }) => role === "argument");
}

/** Collections that a piece takes from, replaces, hands on or compares in size. */
function boundedBy(piece: Piece): string[] {
  if (piece.kind === "assign") return [targetOf(piece).replace(/\.length$/, "")];
  if (piece.kind === "call") return [SHRINKING.exec(calleeText(piece))?.[1] ?? "", ...handedOn(piece)];
  if (piece.kind !== "compare") return [];
  return below(piece).map(({ name }) => name.replace(/\.(?:length|size)$/, ""));
}

function handedOn(call: Piece): string[] {
  return call.children.filter(({ role, kind }) => role === "argument" && kind === "name").map(({ name }) => name);
}
