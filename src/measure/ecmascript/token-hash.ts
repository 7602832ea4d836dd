import { closeTokens, type Draft } from "../function-draft.js";
import type { SyntaxNode } from "./ecmascript-parse.js";
import { headToken, isPassedOver, memberToken } from "./syntax-token.js";

/** What is still to be visited, the next one last. */
interface Pending {
  /** A node, or null where the owner beside it is to be closed. */
  readonly nodes: (SyntaxNode | null)[];
  /** The function whose tokens the node's are; null at module level. */
  readonly owners: (Draft | null)[];
}

/**
 * Gives the functions of a tree their hashes (DESIGN §9): over the tokens in the order of the text, a nested function
 * standing for itself by its own hash. `opened` are the functions by the nodes that open them. Without recursion.
 */
export function hashTokens(program: SyntaxNode, opened: ReadonlyMap<SyntaxNode, Draft>): void {
  const pending: Pending = { nodes: [program], owners: [null] };
  while (pending.nodes.length > 0) {
    const node = pending.nodes.pop() ?? null;
    const owner = pending.owners.pop() ?? null;
    if (node !== null) visit(node, owner, opened.get(node), pending);
    else if (owner !== null) closeTokens(owner);
  }
}

function visit(node: SyntaxNode, outer: Draft | null, draft: Draft | undefined, pending: Pending): void {
  const owner = draft ?? outer;
  if (draft !== undefined) push(pending, null, draft);
  if (owner !== null) owner.tokens += headToken(node, draft !== undefined);
  const mark = pending.nodes.length;
  for (const key in node) if (!isPassedOver(key, draft !== undefined)) visitMember(node, key, owner, pending);
  reverseFrom(pending, mark);
}

function visitMember(node: SyntaxNode, key: string, owner: Draft | null, pending: Pending): void {
  const value = node[key];
  if (owner !== null) owner.tokens += memberToken(node, key, value);
  if (Array.isArray(value)) for (const item of value) visitChild(item, owner, pending);
  else visitChild(value, owner, pending);
}

function visitChild(value: unknown, owner: Draft | null, pending: Pending): void {
  if (isNode(value)) push(pending, value, owner);
}

function isNode(value: unknown): value is SyntaxNode {
  return value !== null && typeof value === "object" && "type" in value && "start" in value;
}

function push(pending: Pending, node: SyntaxNode | null, owner: Draft | null): void {
  pending.nodes.push(node);
  pending.owners.push(owner);
}

/** Turns what was pushed since `mark` round, so that the first child comes off first. Its owners are all one. */
function reverseFrom({ nodes }: Pending, mark: number): void {
  for (let low = mark, high = nodes.length - 1; low < high; low += 1, high -= 1) {
    const kept = nodes[low] as SyntaxNode | null;
    nodes[low] = nodes[high] as SyntaxNode | null;
    nodes[high] = kept;
  }
}
