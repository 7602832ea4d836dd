import type { TreeCursor } from "web-tree-sitter";
import { closeTokens } from "./function-draft.js";
import type { TreeDraft, WalkedTree } from "./tree-walk.js";

interface Hashing {
  readonly text: string;
  readonly drafts: readonly TreeDraft[];
  readonly silent: WalkedTree["silent"];
  /** Functions that are open, the innermost last. */
  readonly open: TreeDraft[];
  /** Which draft opens next, and which comment has not been passed yet. */
  nextDraft: number;
  nextSilent: number;
}

/**
 * Gives the functions of a tree their hashes (DESIGN §9): over the tokens in the order of the text, a nested function
 * standing for itself by its own hash. White space and comments are no tokens. Without recursion.
 */
export function hashTree({ drafts, silent }: WalkedTree, text: string): void {
  const hashing: Hashing = { text, drafts, silent, open: [], nextDraft: 0, nextSilent: 0 };
  for (const outer of drafts) {
    if (outer.parent !== null) continue;
    const cursor = outer.node.walk();
    do readToken(hashing, cursor);
    while (advance(cursor));
    cursor.delete();
    closeBefore(hashing, Number.POSITIVE_INFINITY);
  }
}

/** Goes down to the first token and takes it. */
function readToken(hashing: Hashing, cursor: TreeCursor): void {
  while (cursor.gotoFirstChild());
  const start = cursor.startIndex;
  if (isSilent(hashing, start)) return;
  closeBefore(hashing, start);
  openUpTo(hashing, start);
  const owner = hashing.open.at(-1);
  if (owner !== undefined && owner.nameAt !== start) owner.tokens += `|${hashing.text.slice(start, cursor.endIndex)}`;
}

/** Goes to the next node in the order of the text that is not below this one; false at the end. */
function advance(cursor: TreeCursor): boolean {
  while (!cursor.gotoNextSibling()) if (!cursor.gotoParent()) return false;
  return true;
}

function isSilent(hashing: Hashing, start: number): boolean {
  const { silent } = hashing;
  while ((silent[hashing.nextSilent]?.end ?? Number.POSITIVE_INFINITY) <= start) hashing.nextSilent += 1;
  return (silent[hashing.nextSilent]?.start ?? Number.POSITIVE_INFINITY) <= start;
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
