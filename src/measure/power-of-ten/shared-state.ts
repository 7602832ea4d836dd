import type { RuleFinding } from "../file-measure.js";
import { isEcmaScript, type Language } from "../language.js";
import { calleeText, targetOf } from "./loop/loop-write.js";
import { below, boundNames, childOf, foundAt, type Piece } from "./piece.js";
import { finding, isCFamily, type RuleContext } from "./rule.js";
import { type Changed, OTHER_STATE, stateOfEcmaScript } from "./shared-state-kind.js";
import { isShared, type Unit } from "./unit.js";

/** What the rule asks beside a function's own text. */
type Context = RuleContext & {
  /** Lists, tables and objects that the whole file sees. */
  readonly containers: ReadonlySet<string>;
  readonly imports: ReadonlyMap<string, unknown>;
};

/** p10-6-scope: what a function changes, keeps or shares beyond what it sets by assignments to names of the file. */
export function findSharedState(unit: Unit, context: Context): RuleFinding[] {
  const seen = new Set<string>();
  return foundAt(unit.own, (piece) => {
    const found = judge(piece, unit, context);
    if (found === undefined || seen.has(found.message)) return undefined;
    seen.add(found.message);
    return finding(context, piece, { rule: "p10-6-scope", ...found });
  });
}

function judge(piece: Piece, unit: Unit, context: Context): Changed {
  if (unit.parent === null) return stateOfFile(piece, context);
  const changed = containerChanged(piece, unit, context);
  if (changed !== undefined) return changed;
  const setting = settingCall(piece, context.language);
  if (setting !== "") return { verdict: "fail", message: `changes what the whole process sees: ${setting}` };
  if (isEcmaScript(context.language)) return stateOfEcmaScript(piece, unit, context);
  return OTHER_STATE[context.language]?.(piece, unit, context);
}

function settingCall(piece: Piece, language: Language): string {
  if (piece.kind !== "call") return "";
  const name = calleeText(piece);
  return PROCESS.test(name) || (isCFamily(language) && PROCESS_OF_C.test(name)) ? name : "";
}

/** What sets the environment or the folder of the whole process. */
const PROCESS =
  /^(?:System\.(?:setProperty|setProperties|clearProperty)|os\.(?:putenv|unsetenv|chdir|umask|Setenv|Unsetenv|Clearenv|Chdir)|(?:std::)?env::(?:set_var|remove_var|set_current_dir)|process\.(?:chdir|umask))$/;
const PROCESS_OF_C = /^(?:std::|::)?(?:setenv|putenv|unsetenv|clearenv|chdir|setlocale)$/;

/** In C a macro at the level of the file may declare anything. */
function stateOfFile(piece: Piece, { language, text }: Context): Changed {
  const [call] = isCFamily(language) && piece.kind === "statement" ? piece.children : [];
  const name = call?.kind === "call" ? calleeText(call) : "";
  if (!/^[A-Z][A-Z0-9_]*$/.test(name) || name.includes("ASSERT")) return undefined;
  const isFirst = text.slice(text.lastIndexOf("\n", piece.start) + 1, piece.start).trim() === "";
  return isFirst ? { verdict: "unknown", message: `may declare a variable of the file: ${name}` } : undefined;
}

/** A list or a table of the file that a function adds to, takes from or puts in another order. */
function containerChanged(piece: Piece, unit: Unit, { language, containers, imports }: Context): Changed {
  const name = changedName(piece, language);
  if (name === "") return undefined;
  const owner = firstWord(name);
  if (!(containers.has(owner) || imports.has(owner)) || !isShared(unit, owner)) return undefined;
  if (containers.has(owner)) return { verdict: "fail", message: `changes what the whole file sees: ${owner}` };
  return ADDING.test(name)
    ? { verdict: "unknown", message: `may change what another file shares: ${owner}` }
    : undefined;
}

function firstWord(name: string): string {
  return /^[\w$]+/.exec(name)?.[0] ?? "";
}

const ADDING = /\.(?:push|unshift|splice)$/;
const CHANGING: Readonly<Partial<Record<Language | "ecmascript", RegExp>>> = {
  ecmascript: /\??\.(?:push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|set|add|delete|clear|append)$/,
  python:
    /\.(?:append|appendleft|extend|insert|remove|pop|popleft|popitem|clear|update|add|discard|setdefault|sort|reverse)$/,
  java: /\.(?:add|addAll|addFirst|addLast|put|putAll|putIfAbsent|computeIfAbsent|compute|merge|remove|removeIf|clear|offer|poll|push|pop|set|sort)$/,
};
/** What changes its first argument. */
const CHANGING_FIRST =
  /^(?:Object\.(?:assign|defineProperty|defineProperties|setPrototypeOf)|Reflect\.(?:set|defineProperty|deleteProperty|setPrototypeOf)|Collections\.(?:sort|shuffle|reverse|addAll))$/;

/** The text of what a piece changes otherwise than by an assignment to it. */
function changedName(piece: Piece, language: Language): string {
  if (piece.kind === "call") return changedByCall(piece, language);
  if (piece.op === "delete") return memberName(piece.children[0]);
  if (piece.kind === "assign") return changedByAssigning(piece, language);
  return CHANGED[piece.type]?.(piece) ?? "";
}

const CHANGED: Readonly<Record<string, (piece: Piece) => string>> = {
  delete_statement: ({ children: [first] }) => memberName(first),
  ForOfStatement: (piece) => memberName(childOf(piece, "left")),
  ForInStatement: (piece) => memberName(childOf(piece, "left")),
};

function changedByAssigning(piece: Piece, language: Language): string {
  const left = childOf(piece, "left");
  if (left !== undefined && /^(?:Object|Array)Pattern$/.test(left.type)) return patternTarget(left);
  return language === "java" ? targetOf(piece) : "";
}

function changedByCall(call: Piece, language: Language): string {
  const callee = calleeText(call);
  if (CHANGING_FIRST.test(callee)) return firstOf(call)?.name ?? "";
  const changing = CHANGING[isEcmaScript(language) ? "ecmascript" : language];
  return changing?.test(callee) === true ? callee : "";
}

function firstOf(call: Piece): Piece | undefined {
  return childOf(call, "argument") ?? childOf(call, "arguments")?.children[0];
}

function memberName(piece: Piece | undefined): string {
  return piece?.kind === "member" ? piece.name : "";
}

function patternTarget(pattern: Piece): string {
  return memberName(below(pattern).find(({ kind, role }) => kind === "member" && role !== "key"));
}

/** The lists, tables and objects that the whole file sees and that are written, or made, in place. */
export function sharedContainers(file: Unit, { language }: RuleContext): Set<string> {
  const makes = (piece: Piece): Piece | undefined => childOf(piece, "init") ?? childOf(piece, "right");
  if (language === "java") return new Set(file.own.flatMap(javaContainers));
  if (!isEcmaScript(language) && language !== "python") return new Set();
  const held = file.own.filter((piece) => (piece.kind === "bind" || piece.kind === "assign") && isMade(makes(piece)));
  return new Set(held.flatMap((piece) => boundNames(childOf(piece, "id") ?? childOf(piece, "left") ?? piece)));
}

function javaContainers(piece: Piece): string[] {
  const value =
    piece.type === "variable_declarator" && piece.role === "declarator" ? childOf(piece, "value") : undefined;
  return value !== undefined && isMade(value) ? [childOf(piece, "name")?.name ?? ""] : [];
}

const LITERALS: ReadonlySet<string> = new Set([
  "ArrayExpression",
  "ObjectExpression",
  "list",
  "dictionary",
  "set",
  "list_comprehension",
  "dictionary_comprehension",
  "array_initializer",
  "array_creation_expression",
]);
const MAKERS =
  /^(?:Map|Set|WeakMap|WeakSet|Array|\w+Array|Object\.create|list|dict|set|bytearray|(?:collections\.)?(?:defaultdict|OrderedDict|deque|Counter)|Array\.from|Array\.of)$/;
const JAVA_MAKERS = /^(?:java\.util\.)?(?:concurrent\.)?\w*(?:List|Map|Set|Deque|Queue|Vector|Stack)\b/;

function isMade(value: Piece | undefined): boolean {
  if (value === undefined) return false;
  if (LITERALS.has(value.type)) return true;
  if (value.type === "object_creation_expression") return JAVA_MAKERS.test(javaType(value));
  return value.kind === "call" && MAKERS.test(calleeText(value));
}

function javaType(made: Piece): string {
  const type = childOf(made, "callee");
  return type === undefined ? "" : (type.children[0]?.name ?? type.name);
}
