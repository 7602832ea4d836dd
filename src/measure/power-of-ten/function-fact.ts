import type { RuleFinding } from "../file-measure.js";
import type { FunctionSpan } from "../function-draft.js";
import { isEcmaScript } from "../language.js";
import { findAllocations, findGrowth } from "./allocation-rule.js";
import { countAssertions } from "./assertion.js";
import { findCalls } from "./call-fact.js";
import { findGlobalWrites, findJumps, findUnboundedLoops } from "./control-rule.js";
import type { FunctionFact } from "./fact.js";
import { findFloating, givesPromise } from "./floating-promise.js";
import { findGeneratedCode } from "./generated-code.js";
import { findHiddenUses } from "./hidden-use.js";
import type { Effects } from "./loop/loop-effect.js";
import type { SaidTypes } from "./loop/said-type.js";
import { boundNames, childOf, type Piece, unwrap } from "./piece.js";
import { findPointers } from "./pointer-rule.js";
import { isAsync, returnsNothing } from "./result-fact.js";
import type { RuleContext } from "./rule.js";
import { findSharedState } from "./shared-state.js";
import type { Unit } from "./unit.js";
import { findUnread } from "./unread-rule.js";

/** What the functions of one file share. */
export interface FileContext extends RuleContext {
  readonly units: ReadonlyMap<Piece, Unit>;
  /** Names the file imports. */
  readonly imports: ReadonlyMap<string, unknown>;
  /** What runs functions that are not called, by their pieces. */
  readonly hidden: ReadonlyMap<Piece, readonly string[]>;
  /** Mutable variables of the file. */
  readonly globals: ReadonlySet<string>;
  /** Lists, tables and objects that the whole file sees. */
  readonly containers: ReadonlySet<string>;
  /** Collections of the module that only grow. */
  readonly collections: ReadonlySet<string>;
  /** Offsets of code before which a comment states how deep it may recurse. */
  readonly depths: ReadonlySet<number>;
  readonly spans: readonly FunctionSpan[];
  /** What the functions of the file change; read when it is first asked for. */
  readonly effects: () => Effects;
  readonly said: SaidTypes;
}

/** What is known of one function by its own text. */
export function functionFact(unit: Unit, context: FileContext): FunctionFact {
  const { piece } = unit;
  return {
    index: unit.index,
    outer: unit.parent?.index ?? -1,
    locals: unit.locals,
    selfName: selfNameOf(piece),
    runsAs: context.hidden.get(piece) ?? [],
    member: piece.role === "target" || piece.role === "value",
    internal: piece.children.some(({ type, name }) => type === "storage_class_specifier" && name === "static"),
    async: isAsync(piece, context) || returnsPromise(unit, context),
    returnsNothing: returnsNothing(piece, context),
    ...callsOf(unit, context),
    allocations: findAllocations(unit, context),
    assertions: countAssertions(unit, context.language),
    depthBound: statesDepth(context.spans[unit.index], context.depths),
    findings: unitFindings(unit, context),
  };
}

/** Whether it gives back what is a promise by its own text; undefined where it gives back something else as well. */
function returnsPromise({ own, piece }: Unit, context: FileContext): boolean | undefined {
  if (!isEcmaScript(context.language)) return false;
  const given = own.flatMap(({ type, children }) => (type === "ReturnStatement" ? children.slice(0, 1) : []));
  const body = piece.children.filter(({ role, kind }) => role === "body" && kind !== "block");
  const promises = [...body, ...given].filter((one) => givesPromise(unwrap(one), context));
  if (promises.length === 0) return false;
  return promises.length === body.length + given.length ? true : undefined;
}

/** What it calls, and what it runs without a call. */
function callsOf(unit: Unit, context: FileContext): Pick<FunctionFact, "calls" | "runs"> {
  const { calls, runs } = findCalls(unit, context, context);
  return { calls: [...calls, ...findHiddenUses(unit, context)], runs };
}

/** Findings about a function, or the file around its functions, that need no other function. */
export function unitFindings(unit: Unit, context: FileContext): RuleFinding[] {
  return [
    ...findUnread(unit, context),
    ...findJumps(unit, context),
    ...findUnboundedLoops(unit, context),
    ...findGlobalWrites(unit, context.globals, context),
    ...findSharedState(unit, context),
    ...findPointers(unit, context),
    ...findGeneratedCode(unit, context),
    ...findFloating(unit, context),
    ...(isEcmaScript(context.language) ? findGrowth(unit, context.collections, context) : []),
  ];
}

/** A function expression's own name, or what a method in Go calls its receiver. */
function selfNameOf(piece: Piece): string {
  const receiver = childOf(piece, "receiver");
  if (receiver !== undefined) return boundNames(receiver)[0] ?? "";
  return piece.type === "FunctionExpression" ? (childOf(piece, "id")?.name ?? "") : "";
}

function statesDepth(span: FunctionSpan | undefined, depths: ReadonlySet<number>): boolean {
  if (span === undefined || depths.size === 0) return false;
  return [...depths].some((offset) => offset >= span.doc && offset <= span.bodyStart);
}
