import { type Draft, listDraft, openDraft } from "../function-draft.js";
import { type Place, ROOT } from "./ecmascript-name.js";
import type { SyntaxNode } from "./ecmascript-parse.js";
import type { NodeRole, Signature } from "./node-role.js";
import { type NodeShape, shapeOf } from "./node-shape.js";

/** What one pass over a tree finds. */
export interface WalkedSource {
  /** Functions by the node that opens them, outer ones before those in them; without hashes. */
  opened: Map<SyntaxNode, Draft>;
  drafts: Draft[];
  /** Offsets at which statements start. */
  statements: number[];
  signatures: Signature[];
}

/** What is still to be visited. Lists beside each other instead of one of objects: this is the hot loop. */
interface Pending {
  readonly nodes: SyntaxNode[];
  readonly shapes: NodeShape[];
  /** The function the node counts for; null at module level. */
  readonly owners: (Draft | null)[];
  readonly places: Place[];
}

/** Walks a tree once, without recursion and in no promised order, and collects its functions with their figures. */
export function walkSource(program: SyntaxNode): WalkedSource {
  const found: WalkedSource = { opened: new Map(), drafts: [], statements: [], signatures: [] };
  const pending: Pending = { nodes: [program], shapes: [shapeOf(program)], owners: [null], places: [ROOT] };
  for (let node = pending.nodes.pop(); node !== undefined; node = pending.nodes.pop())
    visit(node, pending.shapes.pop() as NodeShape, { pending, found });
  return found;
}

interface Walk {
  readonly pending: Pending;
  readonly found: WalkedSource;
}

function visit(node: SyntaxNode, shape: NodeShape, { pending, found }: Walk): void {
  const outer = pending.owners.pop() ?? null;
  const place = pending.places.pop() ?? ROOT;
  const draft = draftAt(node, shape, place, outer);
  if (draft !== null) noteDraft(node, draft, found);
  const owner = draft ?? outer;
  if (shape.role !== undefined) playRole(node, owner, place, { role: shape.role, found });
  visitMembers(node, owner, draft?.inside ?? place, { shape, pending });
}

/** Nearly no node opens a draft, and most are told by their kind. */
function draftAt(node: SyntaxNode, { opens }: NodeShape, place: Place, outer: Draft | null): Draft | null {
  return opens || place.field ? openDraft(node, place, outer) : null;
}

function noteDraft(node: SyntaxNode, draft: Draft, found: WalkedSource): void {
  found.opened.set(node, draft);
  listDraft(draft, found.drafts);
  if (node["expression"] === true) found.statements.push(draft.bodyStart);
}

function playRole(
  node: SyntaxNode,
  owner: Draft | null,
  place: Place,
  { role, found }: { role: NodeRole; found: WalkedSource },
): void {
  if (owner !== null && role.branches?.(node) === true) owner.complexity += 1;
  if (role.executes?.(node) === true) found.statements.push(node.start);
  if (role.signs !== undefined) found.signatures.push(role.signs(node, place));
}

/** Lines the children up that something may be found in. */
function visitMembers(node: SyntaxNode, owner: Draft | null, place: Place, { shape, pending }: Visit): void {
  const { keys, placer } = shape;
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at] as string;
    const value = node[key];
    if (Array.isArray(value)) visitItems(node, key, value, { owner, place, placer, pending });
    else if (isNode(value))
      visitChild(value, owner, placer === undefined ? place.bare : placer(node, key, 0, place), pending);
  }
}

interface Visit {
  readonly shape: NodeShape;
  readonly pending: Pending;
}

interface ItemVisit {
  readonly owner: Draft | null;
  readonly place: Place;
  readonly placer: NodeShape["placer"];
  readonly pending: Pending;
}

function visitItems(
  node: SyntaxNode,
  key: string,
  items: readonly unknown[],
  { owner, place, placer, pending }: ItemVisit,
): void {
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    if (isNode(item))
      visitChild(item, owner, placer === undefined ? place.bare : placer(node, key, index, place), pending);
  }
}

function visitChild(child: SyntaxNode, owner: Draft | null, place: Place, pending: Pending): void {
  const shape = shapeOf(child);
  if (shape.empty && !place.field) return;
  pending.nodes.push(child);
  pending.shapes.push(shape);
  pending.owners.push(owner);
  pending.places.push(place);
}

function isNode(value: unknown): value is SyntaxNode {
  return value !== null && typeof value === "object" && typeof (value as SyntaxNode).type === "string";
}
