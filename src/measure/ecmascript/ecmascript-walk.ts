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
  const draft = openDraft(node, place, outer);
  if (draft !== null) noteDraft(node, draft, found);
  const owner = draft ?? outer;
  if (shape.role !== undefined) playRole(node, owner, place, { role: shape.role, found });
  visitMembers(node, owner, draft?.inside ?? place, { shape, pending });
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
function visitMembers(
  node: SyntaxNode,
  owner: Draft | null,
  place: Place,
  { shape: { keys, placer }, pending }: { shape: NodeShape; pending: Pending },
): void {
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at] as string;
    const value = node[key];
    const items = Array.isArray(value) ? (value as readonly unknown[]) : undefined;
    const count = items === undefined ? 1 : items.length;
    for (let index = 0; index < count; index += 1) {
      const child = items === undefined ? value : items[index];
      if (!isNode(child)) continue;
      visitChild(child, owner, placer === undefined ? place.bare : placer(node, key, index, place), pending);
    }
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
