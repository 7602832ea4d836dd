import { type Place, placeOf, ROOT } from "./ecmascript-name.js";
import type { SyntaxNode } from "./ecmascript-parse.js";
import { closeDraft, type Draft, openDraft } from "./function-draft.js";
import { NODE_ROLES, type Signature } from "./node-role.js";
import { headToken, isPassedOver, memberToken } from "./syntax-token.js";

/** What one pass over a tree finds. */
export interface WalkedSource {
  /** Innermost functions first. */
  drafts: Draft[];
  /** Offsets at which statements start. */
  statements: number[];
  signatures: Signature[];
}

/** What is still to be visited, the next one last. Three lists instead of one of objects: this is the hot loop. */
interface Pending {
  /** A node, or null where the owner beside it is to be closed. */
  readonly nodes: (SyntaxNode | null)[];
  /** The function the node counts for; null at module level. */
  readonly owners: (Draft | null)[];
  readonly places: Place[];
}

/** Walks a tree once, without recursion, and collects its functions with their figures. */
export function walkSource(program: SyntaxNode): WalkedSource {
  const found: WalkedSource = { drafts: [], statements: [], signatures: [] };
  const pending: Pending = { nodes: [program], owners: [null], places: [ROOT] };
  while (pending.nodes.length > 0) {
    const node = pending.nodes.pop() ?? null;
    const owner = pending.owners.pop() ?? null;
    const place = pending.places.pop() ?? ROOT;
    if (node !== null) visit(node, owner, place, { pending, found });
    else if (owner !== null) closeDraft(owner, found.drafts);
  }
  return found;
}

interface Walk {
  readonly pending: Pending;
  readonly found: WalkedSource;
}

function visit(node: SyntaxNode, outer: Draft | null, place: Place, { pending, found }: Walk): void {
  const draft = openDraft(node, place, outer);
  const owner = draft ?? outer;
  if (draft !== null) {
    push(pending, null, draft, place);
    if (node["expression"] === true) found.statements.push(draft.bodyStart);
  }
  playRole(node, owner, place, found);
  if (owner !== null) owner.tokens += headToken(node, draft !== null);
  const mark = pending.nodes.length;
  visitMembers(node, { owner, place: draft?.inside ?? place, opens: draft !== null }, pending);
  reverseFrom(pending, mark);
}

function playRole(node: SyntaxNode, owner: Draft | null, place: Place, found: WalkedSource): void {
  const role = NODE_ROLES.get(node.type);
  if (role === undefined) return;
  if (owner !== null && role.branches?.(node) === true) owner.complexity += 1;
  if (role.executes?.(node) === true) found.statements.push(node.start);
  if (role.signs !== undefined) found.signatures.push(role.signs(node, place));
}

interface Around {
  readonly owner: Draft | null;
  readonly place: Place;
  /** Whether the node opens `owner`. */
  readonly opens: boolean;
}

/** Writes the members' tokens to the owner and lines the children up, in the order of the text. */
function visitMembers(node: SyntaxNode, { owner, place, opens }: Around, pending: Pending): void {
  for (const key in node) {
    if (isPassedOver(key, opens)) continue;
    const value = node[key];
    if (owner !== null) owner.tokens += memberToken(node, key, value);
    if (Array.isArray(value))
      for (let index = 0; index < value.length; index += 1)
        visitChild(value[index], owner, placeOf(node, key, index, place), pending);
    else if (isNode(value)) push(pending, value, owner, placeOf(node, key, 0, place));
  }
}

function visitChild(value: unknown, owner: Draft | null, place: Place, pending: Pending): void {
  if (isNode(value)) push(pending, value, owner, place);
}

function isNode(value: unknown): value is SyntaxNode {
  return value !== null && typeof value === "object" && "type" in value && "start" in value;
}

function push(pending: Pending, node: SyntaxNode | null, owner: Draft | null, place: Place): void {
  pending.nodes.push(node);
  pending.owners.push(owner);
  pending.places.push(place);
}

/** Turns what was pushed since `mark` round, so that the first child comes off first. */
function reverseFrom(pending: Pending, mark: number): void {
  for (let low = mark, high = pending.nodes.length - 1; low < high; low += 1, high -= 1) {
    swap(pending.nodes, low, high);
    swap(pending.places, low, high);
  }
}

function swap<T>(items: T[], one: number, other: number): void {
  const kept = items[one] as T;
  items[one] = items[other] as T;
  items[other] = kept;
}
