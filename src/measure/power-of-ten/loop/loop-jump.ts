import type { RuleFinding } from "../../file-measure.js";
import { childOf, foundAt, type Piece, pieceLike } from "../piece.js";
import { finding, type RuleContext } from "../rule.js";
import { childrenBetween, firstFrom, type JumpPlaces, jumpPlaces } from "./jump-place.js";
import { type Bound, judgeLoop } from "./loop-bound.js";
import type { LoopScope } from "./loop-change.js";
import { calleeText } from "./loop-write.js";

/** Loops that are made of jumps: a `goto` to a label before it, a `longjmp` to a `setjmp` of the same function. */
export function findJumpLoops(own: readonly Piece[], scope: LoopScope, context: RuleContext): RuleFinding[] {
  const places = jumpPlaces(own, context.effort);
  const labels = new Map(own.filter(isLabel).map((piece) => [labelOf(piece), piece] as const));
  return foundAt(own, (piece) => {
    const verdict =
      piece.kind === "jump" ? judgeJump(piece, labels, { places, scope, context }) : judgeReturn(piece, own);
    if (verdict === "pass") return undefined;
    const message = `loop made of jumps ${verdict === "fail" ? "without a bound" : "whose bound cannot be told from its text"}`;
    return finding(context, piece, { rule: "p10-2-loop-bound", verdict, message });
  });
}

function isLabel({ type }: Piece): boolean {
  return type === "labeled_statement";
}

function labelOf(piece: Piece): string {
  return childOf(piece, "label")?.name ?? "";
}

interface Around {
  readonly places: JumpPlaces;
  readonly scope: LoopScope;
  readonly context: RuleContext;
}

/** A jump to nothing that is known may go anywhere. */
function judgeJump(jump: Piece, labels: ReadonlyMap<string, Piece>, { places, scope, context }: Around): Bound {
  const target = labels.get(aimOf(jump));
  if (target === undefined) return "unknown";
  if (target.start > jump.start) return "pass";
  const block = places.blockAround(jump, target);
  if (leavesBefore(jump, target, block)) return "pass";
  const branch = places.branchAround(jump, target.start);
  if (context.effort.left <= 0) return "unknown";
  const judged = judgeLoop(loopOf(target, jump, block, branch), context.effort, scope);
  return judged === "fail" && branch !== undefined ? "unknown" : judged;
}

/** The label that a jump names. */
function aimOf(jump: Piece): string {
  return jump.children.find(({ kind }) => kind === "name")?.name ?? "";
}

const leaving = new WeakMap<Piece, readonly Piece[]>();

/** Code to jump back to that returns, whatever it does before, is gone through once. */
function leavesBefore(jump: Piece, target: Piece, block: Piece | undefined): boolean {
  if (block === undefined) return false;
  const known = leaving.get(block) ?? block.children.filter(leaves);
  leaving.set(block, known);
  const next = known[firstFrom(known, target.start)];
  return next !== undefined && next.start < jump.start;
}

function leaves(piece: Piece): boolean {
  return returns(piece) || (isLabel(piece) && piece.children.some(returns));
}

function returns({ type }: Piece): boolean {
  return type === "return_statement";
}

function isWithin(inner: Piece, { start, end }: Piece): boolean {
  return start <= inner.start && inner.end <= end;
}

/** What stands between a label and the jump to it, as a loop that goes on while the branch around the jump is taken. */
function loopOf(target: Piece, jump: Piece, block: Piece | undefined, branch: Piece | undefined): Piece {
  const rounds = block === undefined ? [] : childrenBetween(block, target.start, jump.start + 1);
  const place = { start: target.start, end: jump.end };
  const body = pieceLike({ ...NOTHING, ...place, kind: "block", role: "body", children: rounds });
  const then = branch === undefined ? undefined : childOf(branch, "then");
  const condition = then !== undefined && isWithin(jump, then) ? childOf(branch as Piece, "condition") : undefined;
  const children = condition === undefined ? [body] : [condition, body];
  return pieceLike({ ...NOTHING, ...place, kind: "loop", children });
}

const NOTHING: Piece = { kind: "other", type: "", role: "", start: 0, end: 0, op: "", name: "", children: [] };

/** What `longjmp` comes back to comes back as often as it is called. */
function judgeReturn(piece: Piece, own: readonly Piece[]): Bound {
  if (piece.kind !== "call" || !calleeText(piece).endsWith("setjmp")) return "pass";
  return own.some((one) => one.kind === "call" && calleeText(one).endsWith("longjmp")) ? "unknown" : "pass";
}
