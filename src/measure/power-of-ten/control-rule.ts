import type { RuleFinding } from "../file-measure.js";
import { judgeLoop } from "./loop-bound.js";
import { calleeText, targetOf } from "./loop-write.js";
import type { Piece } from "./piece.js";
import { finding, isCFamily, type RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

const LABELS: ReadonlySet<string> = new Set(["label_name", "label", "loop_label", "lifetime"]);
const LONG_JUMP = /^(?:_|sig|__sig)?(?:set|long)jmp$/;

/** p10-1-jump: `goto`, `setjmp`, and leaving a loop by its label. */
export function findJumps(unit: Unit, context: RuleContext): RuleFinding[] {
  return unit.own.flatMap((piece) => {
    const message = jumpMessage(piece);
    return message === undefined ? [] : [finding(context, piece, { rule: "p10-1-jump", verdict: "fail", message })];
  });
}

function jumpMessage(piece: Piece): string | undefined {
  if (piece.kind === "jump") return "jumps by goto";
  if (piece.kind === "call") {
    const callee = calleeText(piece);
    return LONG_JUMP.test(callee) ? `jumps by ${callee}` : undefined;
  }
  return isLabelled(piece) ? "jumps to a label" : undefined;
}

/** A `break` or `continue` that names a loop; Java's label is its only child. */
function isLabelled(piece: Piece): boolean {
  if (!/^(?:break|continue)/i.test(piece.type)) return false;
  const plain = piece.type.endsWith("statement") ? "name" : "";
  return piece.children.some((child) => child.role === "label" || LABELS.has(child.type) || child.kind === plain);
}

/** p10-2-loop-bound. In C and C++ no comment stands for a bound. */
export function findUnboundedLoops(unit: Unit, context: RuleContext): RuleFinding[] {
  const loops = unit.own.filter(({ kind }) => kind === "loop" || kind === "each");
  return loops.flatMap((loop) => {
    if (!isCFamily(context.language) && context.stated.has(loop.start)) return [];
    const verdict = judgeLoop(loop, context.effort);
    if (verdict === "pass") return [];
    return [finding(context, loop, { rule: "p10-2-loop-bound", verdict, message: LOOP_MESSAGES[verdict] })];
  });
}

const LOOP_MESSAGES = {
  fail: "loop without a bound: nothing it counts ends it",
  unknown: "loop whose bound cannot be told from its text",
} as const;

/** p10-6-scope: what a function sets that lives in the whole file. `globals`: mutable variables of the file. */
export function findGlobalWrites(unit: Unit, globals: ReadonlySet<string>, context: RuleContext): RuleFinding[] {
  const seen = new Set<string>();
  if (unit.parent === null) return [];
  return unit.own.flatMap((piece) => {
    const name = writtenName(piece) ?? "";
    if (seen.has(name) || !globals.has(name) || isLocal(unit, name, piece)) return [];
    seen.add(name);
    return [
      finding(context, piece, { rule: "p10-6-scope", verdict: "fail", message: `sets the global variable ${name}` }),
    ];
  });
}

function writtenName(piece: Piece): string | undefined {
  if (piece.type === "global_statement") return piece.children[0]?.name;
  if (piece.kind !== "assign" && piece.kind !== "step") return undefined;
  return /^[\w$]+/.exec(targetOf(piece))?.[0];
}

/** What a function of Python declares `global` is none of its own. */
function isLocal(unit: Unit, name: string, piece: Piece): boolean {
  if (piece.type === "global_statement") return false;
  for (let at: Unit | null = unit; at !== null && at.parent !== null; at = at.parent)
    if (at.locals.has(name)) return true;
  return false;
}
