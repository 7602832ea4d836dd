import { joinName, type Place, placeOf, ROOT } from "./ecmascript-name.js";
import type { SyntaxNode } from "./ecmascript-parse.js";
import { closeDraft, type Draft, openDraft } from "./function-draft.js";
import { tokensOf } from "./syntax-token.js";

/** A declaration whose documentation counts for the function of its qualified name. */
export interface Signature {
  name: string;
  /** Offset before which the documentation stands. */
  offset: number;
}

/** What one pass over a tree finds. */
export interface WalkedSource {
  /** Innermost functions first. */
  drafts: Draft[];
  /** Offsets at which statements start. */
  statements: number[];
  signatures: Signature[];
}

interface Frame {
  node: SyntaxNode;
  /** The function the node counts for; null at module level. */
  owner: Draft | null;
  place: Place;
  /** Whether this frame closes `owner`, after everything in it. */
  closes: boolean;
}

/** Node types that add one path, as ESLint's `complexity` (classic) counts them. */
const BRANCHES: ReadonlySet<string> = new Set([
  "AssignmentPattern",
  "CatchClause",
  "ConditionalExpression",
  "DoWhileStatement",
  "ForInStatement",
  "ForOfStatement",
  "ForStatement",
  "IfStatement",
  "LogicalExpression",
  "WhileStatement",
]);
const LOGICAL_ASSIGNMENTS: ReadonlySet<unknown> = new Set(["&&=", "||=", "??="]);
const STATEMENTS: ReadonlySet<string> = new Set([
  "BreakStatement",
  "ContinueStatement",
  "DoWhileStatement",
  "ForInStatement",
  "ForOfStatement",
  "ForStatement",
  "IfStatement",
  "ReturnStatement",
  "SwitchStatement",
  "ThrowStatement",
  "TryStatement",
  "WhileStatement",
]);

/** Paths a node adds to the function it belongs to: 0 or 1. */
export function branchesOf(node: SyntaxNode): number {
  if (BRANCHES.has(node.type)) return 1;
  if (node.type === "SwitchCase") return node["test"] === null ? 0 : 1;
  if (node.type === "AssignmentExpression") return LOGICAL_ASSIGNMENTS.has(node["operator"]) ? 1 : 0;
  const chained = node.type === "MemberExpression" || node.type === "CallExpression";
  return chained && node["optional"] === true ? 1 : 0;
}

/** Walks a tree once, without recursion, and collects its functions with their figures. */
export function walkSource(program: SyntaxNode): WalkedSource {
  const found: WalkedSource = { drafts: [], statements: [], signatures: [] };
  const stack: Frame[] = [{ node: program, owner: null, place: ROOT, closes: false }];
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    if (frame.closes && frame.owner !== null) closeDraft(frame.owner, found.drafts);
    else visit(frame, stack, found);
  }
  return found;
}

function visit(frame: Frame, stack: Frame[], found: WalkedSource): void {
  const { node, place } = frame;
  if (isStatement(node)) found.statements.push(node.start);
  const signature = signatureOf(node, place);
  if (signature !== null) found.signatures.push(signature);
  const draft = openDraft(node, place, frame.owner);
  if (draft !== null) stack.push({ node, owner: draft, place, closes: true });
  const owner = draft ?? frame.owner;
  if (owner !== null) {
    owner.complexity += branchesOf(node);
    owner.tokens += tokensOf(node, draft !== null);
  }
  if (node["expression"] === true && draft !== null) found.statements.push(draft.bodyStart);
  pushChildren(stack, node, owner, draft?.inside ?? place);
}

function pushChildren(stack: Frame[], node: SyntaxNode, owner: Draft | null, place: Place): void {
  const keys = Object.keys(node);
  for (let at = keys.length - 1; at >= 0; at -= 1) {
    const key = keys[at] ?? "";
    const value = node[key];
    if (value === null || typeof value !== "object") continue;
    const children: unknown[] = Array.isArray(value) ? value : [value];
    for (let index = children.length - 1; index >= 0; index -= 1) {
      const child = children[index];
      if (isNode(child)) stack.push({ node: child, owner, place: placeOf(node, key, index, place), closes: false });
    }
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return value !== null && typeof value === "object" && "type" in value && "start" in value;
}

function isStatement(node: SyntaxNode): boolean {
  if (STATEMENTS.has(node.type)) return true;
  if (node.type === "ExpressionStatement") return typeof node["directive"] !== "string";
  if (node.type === "PropertyDefinition") return node["value"] !== null;
  if (node.type !== "VariableDeclaration" || node["declare"] === true) return false;
  return (node["declarations"] as SyntaxNode[]).some((item) => item["init"] !== null);
}

/** Overloads and abstract methods document their implementation, a class documents its constructor. */
function signatureOf(node: SyntaxNode, place: Place): Signature | null {
  const offset = place.doc === -1 ? node.start : place.doc;
  const name = String((node["id"] as SyntaxNode | null | undefined)?.["name"] ?? place.hint);
  if (node.type === "TSDeclareFunction") return { name: joinName(place.path, name), offset };
  if (node.type.startsWith("Class") && node.type !== "ClassBody")
    return { name: `${joinName(place.path, name)}.constructor`, offset };
  if (node.type !== "TSEmptyBodyFunctionExpression") return null;
  return { name: joinName(place.path, place.hint ?? "<anonymous>"), offset };
}
