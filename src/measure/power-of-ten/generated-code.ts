import type { RuleFinding } from "../file-measure.js";
import { isEcmaScript, type Language } from "../language.js";
import { directiveMessage } from "./directive-rule.js";
import { GENERATED_ELSEWHERE, type Generated, may } from "./generated-elsewhere.js";
import { calleeText } from "./loop/loop-write.js";
import { childOf, foundAt, type Piece } from "./piece.js";
import { finding, isCFamily, type RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

/** What the rule asks beside a function's own text: names it imports, and from where. */
type Context = RuleContext & { readonly imports: ReadonlyMap<string, unknown> };
type Judge = (piece: Piece, context: Context) => Generated;

/** p10-8-preproc: code made while it runs, or by a macro; what a preprocessor does beyond headers and plain macros. */
export function findGeneratedCode(unit: Unit, context: Context): RuleFinding[] {
  const judge = judgeFor(context.language, unit);
  return foundAt(unit.own, (piece) => {
    const found = judge(piece, context);
    if (found === undefined) return undefined;
    const judged = typeof found === "string" ? ({ verdict: "fail", message: found } as const) : found;
    return finding(context, piece, { rule: "p10-8-preproc", ...judged });
  });
}

function judgeFor(language: Language, unit: Unit): Judge {
  if (isCFamily(language)) return (piece, context) => directiveMessage(piece, context, unit.parent !== null);
  return isEcmaScript(language) ? ofEcmaScript : (GENERATED_ELSEWHERE[language] ?? (() => undefined));
}

const EVALUATING =
  /^(?:(?:globalThis|window|self|global)\.)?(?:eval|Function)$|(?:^|\.)(?:runIn(?:This|New)?Context|compileFunction)$|^vm\.Script$/;

function ofEcmaScript(piece: Piece, context: Context): Generated {
  if (piece.type === "WithStatement") return "with decides names while it runs";
  if (piece.type === "ImportExpression") return importMessage(piece.children[0]);
  if (piece.kind === "call") return calledMessage(piece, context);
  return isEvalTaken(piece) ? "hands on what runs text as code" : undefined;
}

function importMessage(source: Piece | undefined): string | undefined {
  if (!isText(source)) return "imports what a variable names";
  return source !== undefined && /^.data:/.test(source.name) ? "imports text as code" : undefined;
}

/** `eval` handed on or kept, `F = Function`, `{ eval: e }`, the constructor of a function. */
function isEvalTaken(piece: Piece): boolean {
  const { kind, name, role, type, children } = piece;
  if (type === "ObjectPattern") return children.some((each) => isMaker(childOf(each, "key")));
  if (kind === "name") return name === "eval" && HANDING.has(role);
  return kind === "member" ? role !== "callee" && MAKING.test(name) : isMaker(keptBy(piece));
}

/** What a variable or an assignment is given. */
function keptBy(piece: Piece): Piece | undefined {
  if (piece.kind === "bind") return childOf(piece, "init");
  return piece.kind === "assign" ? childOf(piece, "right") : undefined;
}

function isMaker(piece: Piece | undefined): boolean {
  return piece?.kind === "name" && /^(?:eval|Function)$/.test(piece.name);
}

/** Where a value is handed on. */
const HANDING: ReadonlySet<string> = new Set(["argument", "target", "expressions", "elements"]);
/** The constructor of functions, asked of one. */
const MAKING = /\bgetPrototypeOf\((?:async\b|function\b|\().*\.constructor$/;

function calledMessage(call: Piece, context: Context): Generated {
  const callee = calleeText(call).replace(/\[["'`](\w+)["'`]\]/g, ".$1");
  if (EVALUATING.test(callee) || isScript(callee, context)) return `runs text as code: ${callee}`;
  if (CONSTRUCTING.test(callee) && call.op !== "new") return `may run text as code: ${callee}`;
  if (/^WebAssembly\.\w+$/.test(callee) && !callee.endsWith(".validate"))
    return may("runs code that no text here shows");
  return argumentMessage(call, callee, context);
}

/** `Script` of the module `vm`, by its plain name. */
function isScript(callee: string, { imports }: Context): boolean {
  const from = imports.get(callee) as { readonly from?: string; readonly name?: string } | undefined;
  return from?.name === "Script" && /^(?:node:)?vm$/.test(from.from ?? "");
}

/** The constructor of functions is reached by that of any function. */
const CONSTRUCTING = /^(?!this\.|super\.).*[\w)]\.constructor$/;
const REQUIRING = /^(?:module\.)?require$/;

function argumentMessage(call: Piece, callee: string, context: Context): Generated {
  const [first, second] = call.children.filter(({ role }) => role === "argument");
  if (callee === "Worker" && hasEvalOption(second)) return "runs text as code in a worker";
  if (first === undefined) return undefined;
  const requires = REQUIRING.test(callee) || isMadeRequire(callee, context);
  return requires && !isText(first) ? "requires what a variable names" : ARGUMENTS.get(callee)?.(first);
}

/** What the first argument makes of a call, by any name a program may call. */
const ARGUMENTS: ReadonlyMap<string, (first: Piece) => Generated> = new Map([
  ["setTimeout", wordsMessage],
  ["setInterval", wordsMessage],
  ["Reflect.construct", makerMessage],
  ["Reflect.apply", makerMessage],
  ["document.write", scriptMessage],
  ["document.writeln", scriptMessage],
]);

function wordsMessage(first: Piece): Generated {
  return isWords(first) ? "runs text as code" : undefined;
}

function makerMessage(first: Piece): Generated {
  return isMaker(first) ? "runs text as code" : undefined;
}

function scriptMessage(): Generated {
  return may("a script may be in what is written");
}

/** A `require` that the file makes of what it imports. */
function isMadeRequire(callee: string, { text, imports }: Context): boolean {
  if (![...imports.keys()].some((name) => name.endsWith("Require"))) return false;
  return new RegExp(`\\b${callee.replace(/[^\w]/g, "\\$&")}\\s*=\\s*(?:\\w+\\.)?create\\w*Require\\(`).test(text);
}

function hasEvalOption(given: Piece | undefined): boolean {
  return (given?.children ?? []).some(
    (property) => childOf(property, "key")?.name === "eval" && childOf(property, "target")?.name !== "false",
  );
}

/** A text, or one put together. */
function isWords({ kind, type, op }: Piece): boolean {
  return kind === "literal" || type === "TemplateLiteral" || op === "+";
}

function isText(piece: Piece | undefined): boolean {
  return piece?.kind === "literal" || (piece?.type === "TemplateLiteral" && piece.children.length === 1);
}
