import { closeTokens } from "../function-draft.js";
import type { FlatTree } from "./flat-tree.js";
import { spanLook } from "./span-look.js";
import type { TreeDraft, WalkedTree } from "./tree-walk.js";

interface Hashing {
  readonly text: string;
  readonly drafts: readonly TreeDraft[];
  readonly isSilent: (offset: number) => boolean;
  /** Functions that are open, the innermost last. */
  readonly open: TreeDraft[];
  /** Which draft opens next. */
  nextDraft: number;
}

/**
 * Gives the functions of a tree their hashes (DESIGN §9): over the tokens in the order of the text, a nested function
 * standing for itself by its own hash. `text` is the whole of it, what the tree was read without too. White space and comments are no tokens. Without recursion.
 */
export function hashTree({ drafts, silent }: WalkedTree, tree: FlatTree, text: string): void {
  const hashing: Hashing = { text, drafts, isSilent: spanLook(silent), open: [], nextDraft: 0 };
  for (const { parent, node } of drafts) {
    if (parent !== null) continue;
    const end = tree.nexts[node.at] as number;
    for (let at = node.at; at < end; at += 1) if (tree.nexts[at] === at + 1) readToken(hashing, tree, at);
    closeBefore(hashing, Number.POSITIVE_INFINITY);
  }
}

/** Takes a node that holds no other. */
function readToken(hashing: Hashing, { starts, ends }: FlatTree, at: number): void {
  const start = starts[at] as number;
  if (hashing.isSilent(start)) return;
  closeBefore(hashing, start);
  openUpTo(hashing, start);
  const owner = hashing.open.at(-1);
  if (owner !== undefined && owner.nameAt !== start) owner.tokens += `|${hashing.text.slice(start, ends[at])}`;
}

function closeBefore({ open }: Hashing, offset: number): void {
  for (let last = open.at(-1); last !== undefined && last.end <= offset; last = open.at(-1)) {
    closeTokens(last);
    open.pop();
  }
}

function openUpTo(hashing: Hashing, offset: number): void {
  for (let next = hashing.drafts[hashing.nextDraft]; next !== undefined; next = hashing.drafts[hashing.nextDraft]) {
    if (next.start > offset) break;
    hashing.open.push(next);
    hashing.nextDraft += 1;
  }
}
