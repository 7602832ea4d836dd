import type { RuleFinding } from "../file-measure.js";
import { isEcmaScript } from "../language.js";
import { lineAt } from "../line-table.js";
import { allocationUse, containerNames } from "./allocation-use.js";
import type { FunctionFact } from "./fact.js";
import { calleeText, targetOf } from "./loop/loop-write.js";
import { below, childOf, foundAt, type Piece } from "./piece.js";
import { finding, isCFamily, type RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

/** p10-3-alloc-after-init in C and C++: what a function allocates, or may. */
export function findAllocations(unit: Unit, context: RuleContext): FunctionFact["allocations"] {
  const { language, text } = context;
  if (!isCFamily(language)) return [];
  const containers = language === "cpp" ? containerNames(unit, text) : new Set<string>();
  const asked = { language, text, containers };
  const found = foundAt(unit.own, (piece) => {
    const use = allocationUse(piece, unit, asked);
    return use === undefined ? undefined : { ...use, line: lineAt(context.table, piece.start) };
  });
  const first = found.find(({ verdict }) => verdict === "unknown");
  return found.filter((use) => use.verdict === "fail" || use === first);
}

/** What a field of a class is given by `new` is allocated whenever one is made. */
export function findFieldAllocations(root: Piece, context: RuleContext): RuleFinding[] {
  if (context.language !== "cpp") return [];
  const fields = below(root, ({ kind }) => kind !== "function").filter(({ type }) => type === "field_declaration");
  const given = fields.flatMap((field) => below(field)).filter(({ type }) => type === "new_expression");
  return given.map((piece) => allocation(context, piece, "fail", "allocates by new whenever one is made"));
}

const GROWING = /^([\w$]+)\??\.(?:set|push|add|unshift|append)$/;
const SHRINKING = /^([\w$]+)\??\.(?:delete|clear|pop|shift|splice)$/;

/**
 * p10-3-alloc-after-init in ECMAScript: a function that adds to a collection of the module from which
 * the file takes nothing and whose size it compares with nothing. `units`: all of the file.
 */
export function findGrowth(unit: Unit, collections: ReadonlySet<string>, context: RuleContext): RuleFinding[] {
  return unit.own.flatMap((piece) => {
    const other = growsOtherwise(piece, unit);
    if (other !== undefined) return [allocation(context, piece, "unknown", other)];
    if (piece.kind !== "call") return [];
    const name = GROWING.exec(calleeText(piece))?.[1] ?? "";
    if (collections.has(name) && !unit.locals.has(name)) return [allocation(context, piece, "fail", growth(name))];
    return startsMany(piece) ? [allocation(context, piece, "unknown", "starts as many at once as a list is long")] : [];
  });
}

/** What may grow without a method of a collection of the module: a key, a field, a variable set to more than it was. */
function growsOtherwise(piece: Piece, unit: Unit): string | undefined {
  const name = piece.kind === "call" ? grownByCall(piece) : grownBySetting(piece);
  const [owner = ""] = name.split(/[.[?]/);
  return isOfModule(unit, owner) ? `may add to ${name}, which lives as long as the module` : undefined;
}

/** Whether no function around binds the name, but the module does, or the language. */
function isOfModule(unit: Unit, name: string): boolean {
  let at = unit;
  for (; at.parent !== null; at = at.parent) if (at.locals.has(name)) return false;
  return unit !== at && (at.locals.has(name) || /^(?:globalThis$|[A-Z])/.test(name));
}

/** `A.all.set(k, v)`, `Object.assign(all, more)`, `all.splice(0, 0, k)`. */
function grownByCall(call: Piece): string {
  const callee = calleeText(call);
  const given = call.children.filter(({ role }) => role === "argument");
  if (/^(?:Object\.assign|Reflect\.set|Object\.defineProperty)$/.test(callee)) return given[0]?.name ?? "";
  if (callee.endsWith(".splice") && given.length > 2) return callee.slice(0, -".splice".length);
  return /^[\w$]+\..*\.(?:set|push|add|unshift|append)$/.test(callee) ? callee.slice(0, callee.lastIndexOf(".")) : "";
}

/** `all[k] = v`; `all = [...all, v]`, `all = all.concat(v)`, `log += v`. */
function grownBySetting(piece: Piece): string {
  const [left, right] = [childOf(piece, "left"), childOf(piece, "right")];
  if (piece.kind !== "assign" || left === undefined || right === undefined) return "";
  if (left.type === "MemberExpression") return keyedName(left);
  return isGathered(piece.op, left.name, right) ? left.name : "";
}

function keyedName({ op, children: [object] }: Piece): string {
  return op === "[]" ? (object?.name ?? "") : "";
}

function isGathered(op: string, name: string, right: Piece): boolean {
  if (op === "+=") return right.kind !== "literal";
  return GATHERING.has(right.type) && below(right).some((part) => part.name.replace(/\.concat$/, "") === name);
}

/** What makes something larger of what it is given. */
const GATHERING: ReadonlySet<string> = new Set([
  "ArrayExpression",
  "ObjectExpression",
  "CallExpression",
  "TemplateLiteral",
]);

function growth(name: string): string {
  return `adds to ${name}, which lives as long as the module and which nothing bounds`;
}

function allocation(context: RuleContext, piece: Piece, verdict: RuleFinding["verdict"], message: string): RuleFinding {
  return finding(context, piece, { rule: "p10-3-alloc-after-init", verdict, message });
}

function startsMany(call: Piece): boolean {
  if (!/^Promise\.(?:all|allSettled|any|race)$/.test(calleeText(call))) return false;
  const given = childOf(call, "argument");
  if (given === undefined) return false;
  return given.type !== "ArrayExpression" || given.children.some(({ type }) => type === "SpreadElement");
}

/** Names of the module's collections that only grow. */
export function growingCollections(units: readonly Unit[], context: RuleContext): Set<string> {
  if (!isEcmaScript(context.language)) return new Set();
  const binds = units[0]?.own.filter(({ kind }) => kind === "bind") ?? [];
  const held = binds.filter((piece) => isCollection(childOf(piece, "init")));
  const made = new Set(held.map((piece) => childOf(piece, "id")?.name ?? ""));
  if (made.size > 0)
    for (const name of units.flatMap(({ own }) => own.flatMap((piece) => boundedBy(piece)))) made.delete(name);
  return made;
}

function isCollection(init: Piece | undefined): boolean {
  if (init === undefined) return false;
  return init.type === "ArrayExpression" || (init.op === "new" && /^(?:Map|Set|Array)$/.test(calleeText(init)));
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
