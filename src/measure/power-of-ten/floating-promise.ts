import type { RuleFinding } from "../file-measure.js";
import { isEcmaScript } from "../language.js";
import { discarded } from "./discarded.js";
import { calleeText } from "./loop/loop-write.js";
import { childOf, type Piece, unwrap } from "./piece.js";
import { finding, type RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

type Context = RuleContext & { readonly imports: ReadonlyMap<string, unknown> };

/** p10-7-return: what the text alone shows to be a promise, or a coroutine, and nobody waits for. */
export function findFloating(unit: Unit, context: Context): RuleFinding[] {
  const judge = JUDGES[isEcmaScript(context.language) ? "ecmascript" : context.language];
  if (judge === undefined) return [];
  const unused = discarded(unit.own);
  return unit.own.flatMap((piece) => {
    const message = judge(piece, unused.has(piece), context);
    return message === undefined ? [] : [finding(context, piece, { rule: "p10-7-return", verdict: "fail", message })];
  });
}

type Judge = (piece: Piece, isUnused: boolean, context: Context) => string | undefined;

const JUDGES: Readonly<Partial<Record<string, Judge>>> = { ecmascript: ofEcmaScript, python: ofPython, java: ofJava };

function ofEcmaScript(piece: Piece, isUnused: boolean, context: Context): string | undefined {
  if (isUnused && givesPromise(piece, context)) return `does not wait for ${nameOf(piece)}`;
  if (piece.kind !== "call") return undefined;
  const callee = calleeText(piece);
  if (isUnused && isThenAlone(piece, callee)) return `does not look at whether ${nameOf(piece)} fails`;
  return handsAsync(piece, callee, isUnused) ? `nobody waits for what ${callee} runs` : undefined;
}

function handsAsync({ children }: Piece, callee: string, isUnused: boolean): boolean {
  if (!RUNNING.test(callee) || (callee.endsWith(".map") && !isUnused)) return false;
  return children.some(({ role, kind, op }) => role === "argument" && kind === "function" && op === "async");
}

/** What calls a function and looks at nothing it gives. */
const RUNNING =
  /\.forEach$|\.map$|^(?:set(?:Timeout|Interval|Immediate)|queueMicrotask|process\.nextTick)$|\.(?:on|once|addListener|addEventListener)$/;

function nameOf(piece: Piece): string {
  return calleeText(piece) || "what it starts";
}

/** `p.then(use)`: `p.then(use, failed)` and `p.then(use).catch(failed)` look at both ends. */
function isThenAlone(call: Piece, callee: string): boolean {
  const given = call.children.filter(({ role }) => role === "argument");
  const method = /\.(then|finally)$/.exec(callee)?.[1] ?? lastOf(call);
  return (method === "then" && given.length === 1) || (method === "finally" && !isCaught(call));
}

/** The method of a callee that is too long, or too deep, to have a name. */
function lastOf(call: Piece): string {
  const callee = childOf(call, "callee");
  return callee?.type === "MemberExpression" ? (callee.children.at(-1)?.name ?? "") : "";
}

function isCaught(call: Piece): boolean {
  const inner = childOf(call, "callee")?.children[0];
  return inner !== undefined && inner.kind === "call" && lastOf(inner) === "catch";
}

/** Whether an expression is a promise by its own text. */
export function givesPromise(piece: Piece, { imports }: Pick<Context, "imports">): boolean {
  if (piece.type === "ImportExpression") return true;
  if (piece.kind !== "call") return false;
  const callee = unwrap(childOf(piece, "callee") ?? piece);
  if (callee.kind === "function") return callee.op === "async";
  const name = calleeText(piece);
  return PROMISES.test(name) || isPromised(name, imports);
}

const PROMISES = /^(?:Promise(?:\.(?:all|allSettled|any|race|resolve|reject|try))?|fetch|globalThis\.fetch)$/;

/** A function of `node:fs/promises` and its like. */
function isPromised(name: string, imports: Context["imports"]): boolean {
  const from = imports.get(/^[\w$]+/.exec(name)?.[0] ?? "") as { readonly from?: string } | undefined;
  return /^(?:node:)?(?:fs|timers|dns|readline|stream)\/promises$/.test(from?.from ?? "");
}

/** Coroutines of Python's library, and tasks that nothing holds. */
function ofPython(piece: Piece, isUnused: boolean): string | undefined {
  if (!isUnused || piece.kind !== "call") return undefined;
  const name = calleeText(piece);
  return /^(?:asyncio\.)(?:sleep|gather|wait|wait_for|to_thread|create_task|ensure_future|open_connection|start_server|run_in_executor)$/.test(
    name,
  )
    ? `does not wait for ${name}`
    : undefined;
}

/** What runs elsewhere in Java, and files that may not have been changed. */
function ofJava(piece: Piece, isUnused: boolean): string | undefined {
  if (!isUnused || piece.kind !== "call") return undefined;
  const name = calleeText(piece);
  return /^CompletableFuture\.\w+Async$/.test(name) ? `does not wait for ${name}` : undefined;
}
