import type { Tree } from "web-tree-sitter";
import { addressOf, type GrammarTables, grammarTables, type Memory } from "./grammar-tables.js";

/** What tree-sitter shows of itself once it has started: its memory, in numbers of 32 and of 16 bits. Others once it has grown. */
export interface Engine {
  readonly HEAPU32?: Uint32Array;
  readonly HEAPU16?: Uint16Array;
}

/** A node of a tree. Its offsets are UTF-16 units. */
export interface ReadNode {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  /** The number of the node it stands in; -1 for none. */
  readonly parent: number;
  /** The field it stands in there; 0 for none. */
  readonly field: number;
  readonly isMissing: boolean;
}

/** Takes the nodes of a tree, in the order of the text, outer ones before what they hold. */
export interface NodeRoom {
  /** Nodes it has; the next one gets this number. */
  readonly size: number;
  readonly add: (node: ReadNode) => void;
}

/** What stands in the place of a child. */
interface Subtree {
  /** Where its record is; its children stand before it. */
  record: number;
  children: number;
  symbol: number;
  isShown: boolean;
  /** Whether it may stand anywhere, as comments do, and is counted by no production. */
  isExtra: boolean;
  isMissing: boolean;
  /** Bytes before it that belong to it, and its own. */
  padding: number;
  bytes: number;
}

/** An inner node, shown or not, some of whose children were read. */
interface Frame {
  /** Where the next child stands, and how many are left from there. */
  child: number;
  left: number;
  /** How many were before it that the production counts. */
  counted: number;
  production: number;
  /** Where what is before the next child ends, in bytes. */
  end: number;
  /** The node itself; for one that is not shown, the one around it. */
  node: number;
  /** The field of children that have none of their own. */
  field: number;
}

interface Walk {
  readonly memory: Memory;
  readonly tables: GrammarTables;
  readonly room: NodeRoom;
  /** The inner nodes that are being read, each within the one before it, and others behind them that were. */
  readonly frames: Frame[];
  depth: number;
}

/** Where a record (`SubtreeHeapData` in subtree.h of tree-sitter 0.27) has what, in bytes, if an address has four. */
const RECORD = { padding: 4, bytes: 16, children: 36, symbol: 40, flags: 44, production: 66 } as const;
const FLAGS = { isShown: 1, isExtra: 4, isMissing: 512 } as const;
/** Bits of what needs no record (`SubtreeInlineData`). */
const INLINE = { isInline: 1, isShown: 2, isExtra: 8, isMissing: 32 } as const;
const CHILD_BYTES = 8;
const NOWHERE = -1;

/**
 * Reads a tree where the parser wrote it (docs/adr/0015). False where its memory is not shown, or what is there is not what the
 * parser says of the tree; what was added is of no use then.
 */
export function readMemory(tree: Tree, { HEAPU32: words, HEAPU16: halves }: Engine, room: NodeRoom): boolean {
  if (words === undefined || halves === undefined) return false;
  const memory = { words, halves };
  const { typeId, startIndex, endIndex, descendantCount } = tree.rootNode;
  const tables = grammarTables(memory, tree.language);
  const root = subtreeAt(memory, addressOf(tree), emptySubtree());
  const [start, end] = [root.padding, root.padding + root.bytes];
  if (typeOf(tables, root.symbol) !== typeId || start >>> 1 !== startIndex || end >>> 1 !== endIndex) return false;
  const around = { parent: NOWHERE, field: 0, isMissing: root.isMissing };
  room.add({ type: typeId, start: startIndex, end: endIndex, ...around });
  const walk = { memory, tables, room, frames: [], depth: -1 };
  if (root.children > 0) enter(walk, root, { end: 0, node: 0, field: 0 });
  readBelow(walk, descendantCount);
  return room.size === descendantCount;
}

/** Reads all that is below, but no more nodes than there are. */
function readBelow(walk: Walk, most: number): void {
  const { memory, room, frames } = walk;
  const child = emptySubtree();
  while (walk.depth >= 0 && room.size <= most) {
    const frame = frames[walk.depth] as Frame;
    if (frame.left === 0) walk.depth -= 1;
    else readChild(walk, frame, subtreeAt(memory, frame.child, child));
  }
}

function readChild(walk: Walk, frame: Frame, child: Subtree): void {
  const { tables, room } = walk;
  const { end: before, node: parent } = frame;
  const start = before + child.padding;
  const end = start + child.bytes;
  const alias = aliasOf(tables, frame, child);
  const field = fieldOf(tables, frame, child);
  frame.child += CHILD_BYTES;
  frame.left -= 1;
  frame.end = end;
  if (!child.isExtra) frame.counted += 1;
  const isShown = child.isShown || alias !== 0;
  const node = isShown ? room.size : parent;
  const type = typeOf(tables, alias === 0 ? child.symbol : alias);
  const { isMissing } = child;
  if (isShown) room.add({ type, start: start >>> 1, end: end >>> 1, parent, field, isMissing });
  if (child.children > 0) enter(walk, child, { end: before, node, field: isShown ? 0 : field });
}

/** What the children of an inner node begin with. */
type Begin = Pick<Frame, "end" | "field" | "node">;

/** Goes on with what an inner node holds. */
function enter(walk: Walk, { record, children }: Subtree, { end, node, field }: Begin): void {
  walk.depth += 1;
  const frame = (walk.frames[walk.depth] ??= emptyFrame());
  frame.child = record - children * CHILD_BYTES;
  frame.left = children;
  frame.counted = 0;
  frame.production = walk.memory.halves[(record + RECORD.production) >>> 1] as number;
  frame.end = end;
  frame.node = node;
  frame.field = field;
}

/** The symbol it is shown as instead of its own; 0 for none. */
function aliasOf({ aliases, aliasWidth }: GrammarTables, { production, counted }: Frame, { isExtra }: Subtree): number {
  if (isExtra || production === 0 || counted >= aliasWidth) return 0;
  return aliases[production * aliasWidth + counted] as number;
}

function fieldOf({ fields, fieldWidth }: GrammarTables, frame: Frame, { isExtra }: Subtree): number {
  if (isExtra) return 0;
  const { production, counted, field } = frame;
  const own = counted < fieldWidth ? (fields[production * fieldWidth + counted] as number) : 0;
  return own === 0 ? field : own;
}

/** What could not be read has no place in the tables. */
function typeOf({ types }: GrammarTables, symbol: number): number {
  return symbol < types.length ? (types[symbol] as number) : symbol;
}

/** Reads what stands at a place, over what was read before. */
function subtreeAt(memory: Memory, place: number, subtree: Subtree): Subtree {
  const first = memory.words[place >>> 2] as number;
  if ((first & INLINE.isInline) === 0) return recordAt(memory, first, subtree);
  const second = memory.words[(place >>> 2) + 1] as number;
  subtree.record = 0;
  subtree.children = 0;
  subtree.symbol = (first >>> 8) & 0xff;
  subtree.isShown = (first & INLINE.isShown) !== 0;
  subtree.isExtra = (first & INLINE.isExtra) !== 0;
  subtree.isMissing = (first & INLINE.isMissing) !== 0;
  subtree.padding = (second >>> 16) & 0xff;
  subtree.bytes = second >>> 24;
  return subtree;
}

function recordAt({ words, halves }: Memory, record: number, subtree: Subtree): Subtree {
  const flags = halves[(record + RECORD.flags) >>> 1] as number;
  subtree.record = record;
  subtree.children = words[(record + RECORD.children) >>> 2] as number;
  subtree.symbol = halves[(record + RECORD.symbol) >>> 1] as number;
  subtree.isShown = (flags & FLAGS.isShown) !== 0;
  subtree.isExtra = (flags & FLAGS.isExtra) !== 0;
  subtree.isMissing = (flags & FLAGS.isMissing) !== 0;
  subtree.padding = words[(record + RECORD.padding) >>> 2] as number;
  subtree.bytes = words[(record + RECORD.bytes) >>> 2] as number;
  return subtree;
}

function emptySubtree(): Subtree {
  const nothing = { isShown: false, isExtra: false, isMissing: false };
  return { record: 0, children: 0, symbol: 0, ...nothing, padding: 0, bytes: 0 };
}

function emptyFrame(): Frame {
  return { child: 0, left: 0, counted: 0, production: 0, end: 0, node: 0, field: 0 };
}
