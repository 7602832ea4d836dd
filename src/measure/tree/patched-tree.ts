import type { Span } from "../own-length.js";
import { columnsFor, ERROR, type FlatTree } from "./flat-tree.js";

/** What a part of a text gave that was read by itself. */
export interface Patch extends Span {
  /** Its first character is at 0. */
  readonly tree: FlatTree;
}

const CONDITIONAL = /^preproc_(?:if|ifdef|elif|elifdef|else)$/;
const CONDITION_FIELDS: ReadonlySet<string> = new Set(["name", "condition"]);

/** Numbers of the nodes that stand in a file itself, in the order of the text. */
export interface FileItems {
  readonly all: number[];
  /** Those in a place that could not be put together from what it holds, or in a file that is one. */
  readonly inUnread: number[];
}

/**
 * What stands in a file itself. What conditional compilation holds there counts as in the file, and the line that says the
 * condition is none; so does what an unread place holds that whole functions stand in, as behind an `#if` whose end was not found.
 */
export function fileItems(tree: FlatTree): FileItems {
  const { types, nexts, parents, size, grammar } = tree;
  const isConditional = grammar.types.map((type) => CONDITIONAL.test(type));
  const items: FileItems = { all: [], inUnread: [] };
  let unreadEnd = types[0] === ERROR ? size : 0;
  for (let at = 1; at < size; ) {
    const isUnread = holdsFunctions(tree, at);
    if (isUnread) unreadEnd = Math.max(unreadEnd, nexts[at] as number);
    if (isUnread || isConditional[types[at] as number] === true) at += 1;
    else {
      const isHeld = isConditional[types[parents[at] as number] as number] === true;
      if (!(isHeld && isOfCondition(tree, at))) addItem(items, at, unreadEnd);
      at = nexts[at] as number;
    }
  }
  return items;
}

function addItem({ all, inUnread }: FileItems, item: number, unreadEnd: number): void {
  all.push(item);
  if (item < unreadEnd) inUnread.push(item);
}

/** Whether functions stand right in a place that could not be read. */
function holdsFunctions({ types, nexts, grammar }: FlatTree, place: number): boolean {
  if (types[place] !== ERROR) return false;
  const definition = grammar.types.indexOf("function_definition");
  let at = place + 1;
  while (at < (nexts[place] as number) && types[at] !== definition) at = nexts[at] as number;
  return at < (nexts[place] as number);
}

function isOfCondition({ types, fields, grammar }: FlatTree, at: number): boolean {
  return grammar.named[types[at] as number] !== 1 || CONDITION_FIELDS.has(grammar.fields[fields[at] as number] ?? "");
}

/** A node of a tree, with all it holds, and how far it moves in the text. */
interface Moved {
  readonly tree: FlatTree;
  readonly at: number;
  readonly shift: number;
}

/** What a patched tree is made of. */
interface Parts {
  /** Items that stay. */
  readonly kept: readonly number[];
  /** Each begins and ends between two items of the file. */
  readonly patches: readonly Patch[];
  /** What all of it was read from. */
  readonly text: string;
  /** Whether all of the file is made of items; else its root is a place that could not be read. */
  readonly isWhole: boolean;
}

/** The root of a tree with the items that are kept of it, and patches in place of the others. */
export function patchedTree(tree: FlatTree, { kept, patches, text, isWhole }: Parts): FlatTree {
  const items: Moved[] = kept.map((at) => ({ tree, at, shift: 0 }));
  for (const { tree: other, start } of patches)
    for (let at = other.types[0] === ERROR ? 0 : 1; at < other.size; at = other.nexts[at] as number)
      items.push({ tree: other, at, shift: start });
  items.sort((one, other) => startOf(one) - startOf(other));
  const made = treeOf(tree, items, text);
  made.types[0] = isWhole ? tree.grammar.types.indexOf("translation_unit") : ERROR;
  return made;
}

function startOf({ tree, at, shift }: Moved): number {
  return (tree.starts[at] as number) + shift;
}

function treeOf(root: FlatTree, items: readonly Moved[], text: string): FlatTree {
  const { grammar } = root;
  const size = items.reduce((sum, { tree, at }) => sum + (tree.nexts[at] as number) - at, 1);
  const made = { text, grammar, size, ...columnsFor(size), missing: new Set<number>() };
  made.types.set(root.types.subarray(0, 1));
  made.ends.set(root.ends.subarray(0, 1));
  made.parents[0] = -1;
  made.nexts[0] = size;
  made.previous[0] = -1;
  let [to, previous] = [1, -1];
  for (const item of items) {
    copyItem(item, made, to);
    made.fields[to] = 0;
    made.parents[to] = 0;
    made.previous[to] = previous;
    previous = to;
    to = made.nexts[to] as number;
  }
  return made;
}

type Made = FlatTree & { readonly missing: Set<number> };

/** Copies an item from `to` on; what it stands in, and after, is for the caller to say. */
function copyItem({ tree, at: from, shift }: Moved, made: Made, to: number): void {
  const end = tree.nexts[from] as number;
  const by = to - from;
  made.types.set(tree.types.subarray(from, end), to);
  made.fields.set(tree.fields.subarray(from, end), to);
  for (let at = from; at < end; at += 1) {
    made.starts[at + by] = (tree.starts[at] as number) + shift;
    made.ends[at + by] = (tree.ends[at] as number) + shift;
    made.parents[at + by] = (tree.parents[at] as number) + by;
    made.nexts[at + by] = (tree.nexts[at] as number) + by;
    const previous = tree.previous[at] as number;
    made.previous[at + by] = previous === -1 ? -1 : previous + by;
    if (tree.missing.size > 0 && tree.missing.has(at)) made.missing.add(at + by);
  }
}
