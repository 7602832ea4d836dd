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

/** What stands in the place of a child: where its record is, or what needs none, in two words. */
interface Subtree {
  readonly first: number;
  readonly second: number;
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
/** Bits of a record's flags, and of the first word of what needs none (`SubtreeInlineData`) behind the one that says so. */
const FLAGS = { isShown: 1, isExtra: 4 } as const;
const MISSING = { record: 512, inline: 16 } as const;
const INLINE = 1;
const CHILD_BYTES = 8;
const BYTE = 0xff;
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
  const root = subtreeAt(memory, addressOf(tree));
  const start = paddingOf(memory, root);
  const end = start + bytesOf(memory, root);
  if (typeOf(tables, symbolOf(memory, root)) !== typeId) return false;
  if (start >>> 1 !== startIndex || end >>> 1 !== endIndex) return false;
  const around = { parent: NOWHERE, field: 0, isMissing: isMissing(root, flagsOf(memory, root)) };
  room.add({ type: typeId, start: startIndex, end: endIndex, ...around });
  const walk = { memory, tables, room, frames: [], depth: -1 };
  enter(walk, root, { end: 0, node: 0, field: 0 });
  readBelow(walk, descendantCount);
  return room.size === descendantCount;
}

/** Reads all that is below, but no more nodes than there are. */
function readBelow(walk: Walk, most: number): void {
  const { room, frames } = walk;
  while (walk.depth >= 0 && room.size <= most) {
    const frame = frames[walk.depth] as Frame;
    if (frame.left === 0) walk.depth -= 1;
    else readChild(walk, frame);
  }
}

function readChild(walk: Walk, frame: Frame): void {
  const { memory, tables, room } = walk;
  const { end: before, node: parent } = frame;
  const child = subtreeAt(memory, frame.child);
  const flags = flagsOf(memory, child);
  const isExtra = (flags & FLAGS.isExtra) !== 0;
  const start = before + paddingOf(memory, child);
  const end = start + bytesOf(memory, child);
  const alias = aliasOf(tables, frame, isExtra);
  const field = fieldOf(tables, frame, isExtra);
  frame.child += CHILD_BYTES;
  frame.left -= 1;
  frame.end = end;
  if (!isExtra) frame.counted += 1;
  const isShown = (flags & FLAGS.isShown) !== 0 || alias !== 0;
  const node = isShown ? room.size : parent;
  if (isShown) {
    const type = typeOf(tables, alias === 0 ? symbolOf(memory, child) : alias);
    room.add({ type, start: start >>> 1, end: end >>> 1, parent, field, isMissing: isMissing(child, flags) });
  }
  enter(walk, child, { end: before, node, field: isShown ? 0 : field });
}

/** What the children of an inner node begin with. */
type Begin = Pick<Frame, "end" | "field" | "node">;

/** Goes on with what a node holds, if it holds anything. */
function enter(walk: Walk, subtree: Subtree, { end, node, field }: Begin): void {
  const { memory, frames } = walk;
  const children = childrenOf(memory, subtree);
  if (children === 0) return;
  const { first: record } = subtree;
  walk.depth += 1;
  const frame = (frames[walk.depth] ??= emptyFrame());
  frame.child = record - children * CHILD_BYTES;
  frame.left = children;
  frame.counted = 0;
  frame.production = memory.halves[(record + RECORD.production) >>> 1] as number;
  frame.end = end;
  frame.node = node;
  frame.field = field;
}

/** The symbol the next child is shown as instead of its own; 0 for none. */
function aliasOf({ aliases, aliasWidth }: GrammarTables, { production, counted }: Frame, isExtra: boolean): number {
  if (isExtra || production === 0 || counted >= aliasWidth) return 0;
  return aliases[production * aliasWidth + counted] as number;
}

/** The field the next child stands in; 0 for none. */
function fieldOf({ fields, fieldWidth }: GrammarTables, frame: Frame, isExtra: boolean): number {
  if (isExtra) return 0;
  const { production, counted, field } = frame;
  const own = counted < fieldWidth ? (fields[production * fieldWidth + counted] as number) : 0;
  return own === 0 ? field : own;
}

/** What could not be read has no place in the tables. */
function typeOf({ types }: GrammarTables, symbol: number): number {
  return symbol < types.length ? (types[symbol] as number) : symbol;
}

function subtreeAt({ words }: Memory, place: number): Subtree {
  return { first: words[place >>> 2] as number, second: words[(place >>> 2) + 1] as number };
}

function isInline({ first }: Subtree): boolean {
  return (first & INLINE) !== 0;
}

function flagsOf({ halves }: Memory, child: Subtree): number {
  return isInline(child) ? child.first >>> 1 : (halves[(child.first + RECORD.flags) >>> 1] as number);
}

/** Whether the grammar asked for it and the text does not have it. */
function isMissing(child: Subtree, flags: number): boolean {
  return (flags & (isInline(child) ? MISSING.inline : MISSING.record)) !== 0;
}

function symbolOf({ halves }: Memory, child: Subtree): number {
  return isInline(child) ? (child.first >>> 8) & BYTE : (halves[(child.first + RECORD.symbol) >>> 1] as number);
}

/** Bytes before it that belong to it. */
function paddingOf({ words }: Memory, child: Subtree): number {
  return isInline(child) ? (child.second >>> 16) & BYTE : (words[(child.first + RECORD.padding) >>> 2] as number);
}

/** Bytes of its own. */
function bytesOf({ words }: Memory, child: Subtree): number {
  return isInline(child) ? child.second >>> 24 : (words[(child.first + RECORD.bytes) >>> 2] as number);
}

/** How many stand in it, before its record. */
function childrenOf({ words }: Memory, child: Subtree): number {
  return isInline(child) ? 0 : (words[(child.first + RECORD.children) >>> 2] as number);
}

function emptyFrame(): Frame {
  return { child: 0, left: 0, counted: 0, production: 0, end: 0, node: 0, field: 0 };
}
