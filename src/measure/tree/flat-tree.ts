import type { Language, Tree } from "web-tree-sitter";
import { type Engine, stepsThrough, type TreeSteps } from "./tree-cursor.js";

/** What the numbers of a grammar's types and fields stand for. */
interface Grammar {
  readonly types: readonly string[];
  /** 1 where nodes of the type have a name, and are no plain tokens. */
  readonly named: Uint8Array;
  readonly fields: readonly (string | null)[];
}

/**
 * A tree as numbers, read once where the parser made it: to ask the parser for node after node takes longer than parsing.
 * Nodes are numbered in the order of the text, outer ones before what they hold. Offsets are UTF-16 units.
 */
export interface FlatTree {
  readonly text: string;
  readonly grammar: Grammar;
  readonly size: number;
  readonly types: Uint16Array;
  /** Field of its parent that it stands in; 0 for none. */
  readonly fields: Uint16Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The node that holds it; -1 for the root. */
  readonly parents: Int32Array;
  /** The first node that is not below it, which may be none any more. */
  readonly nexts: Int32Array;
  /** The node before it in its parent; -1 for the first. */
  readonly previous: Int32Array;
  /** Nodes that the grammar asked for and the text does not have. */
  readonly missing: ReadonlySet<number>;
}

/** Type of a node that could not be read. */
export const ERROR = 65_535;
const TYPES = ERROR + 1;
/** Nodes there is room for at first, by the length of the text; more room is made as it is needed. */
const CHARS_A_NODE = 3;
const MIN_ROOM = 64;

const grammars = new WeakMap<Language, Grammar>();

function grammarOf(language: Language): Grammar {
  const known = grammars.get(language);
  if (known !== undefined) return known;
  const named = new Uint8Array(TYPES);
  for (const type of language.types.keys()) named[type] = language.nodeTypeIsNamed(type) ? 1 : 0;
  named[ERROR] = 1;
  const grammar = { types: language.types, named, fields: language.fields };
  grammars.set(language, grammar);
  return grammar;
}

/** The name of a type, as the grammar has it. */
export function typeName({ types }: Grammar, type: number): string {
  return types[type] ?? "ERROR";
}

type Columns = { -readonly [Key in "fields" | "types"]: Uint16Array } & {
  -readonly [Key in "starts" | "ends" | "parents" | "nexts" | "previous"]: Int32Array;
};

/** A tree while it is read. */
interface Reading {
  readonly steps: TreeSteps;
  /** How much further on the offsets of the tree are in the text. */
  readonly shifts: Int32Array | undefined;
  readonly missing: Set<number>;
  room: number;
  columns: Columns;
  /** Nodes read so far. */
  size: number;
  /** What the next node stands in, and the one before it there. */
  parent: number;
  previous: number;
}

/**
 * Reads a tree of this text, or of a shorter one, each of whose offsets is so much further on in this one. The tree itself is
 * not needed for it any more. Without recursion.
 */
export function flatTree(tree: Tree, text: string, engine: Engine, shifts?: Int32Array): FlatTree {
  const grammar = grammarOf(tree.language);
  const room = Math.max(MIN_ROOM, Math.ceil(text.length / CHARS_A_NODE));
  const steps = stepsThrough(tree, engine);
  const nowhere = { size: 0, parent: -1, previous: -1 };
  const reading: Reading = { steps, shifts, missing: new Set(), room, columns: columnsFor(room), ...nowhere };
  try {
    do readNode(reading);
    while (advance(reading));
  } finally {
    steps.close();
  }
  const { size, columns, missing } = reading;
  return { text, grammar, size, ...columns, missing };
}

function readNode(reading: Reading): void {
  const { steps, shifts, size: at, parent, previous } = reading;
  if (at === reading.room) makeRoom(reading);
  const { columns } = reading;
  const [type, start, end] = [steps.type(), steps.start(), steps.end()];
  columns.types[at] = type;
  columns.starts[at] = shifts === undefined ? start : start + (shifts[start] as number);
  columns.ends[at] = shifts === undefined ? end : end + (shifts[end] as number);
  columns.parents[at] = parent;
  columns.previous[at] = previous;
  columns.fields[at] = steps.field();
  if (start === end && steps.isMissing()) reading.missing.add(at);
  reading.size += 1;
}

/** Goes to the next node in the order of the text; false at the end. */
function advance(reading: Reading): boolean {
  const { steps, columns } = reading;
  const last = reading.size - 1;
  if (steps.toFirstChild()) {
    reading.parent = last;
    reading.previous = -1;
    return true;
  }
  columns.nexts[last] = reading.size;
  reading.previous = last;
  while (!steps.toNextSibling()) {
    if (!steps.toParent()) return false;
    columns.nexts[reading.parent] = reading.size;
    reading.previous = reading.parent;
    reading.parent = columns.parents[reading.parent] as number;
  }
  return true;
}

function makeRoom(reading: Reading): void {
  reading.room *= 2;
  reading.columns = columnsFor(reading.room, reading.columns);
}

/** Room for so many nodes, with what columns before have. */
export function columnsFor(room: number, before?: Columns): Columns {
  const columns: Columns = {
    types: new Uint16Array(room),
    fields: new Uint16Array(room),
    starts: new Int32Array(room),
    ends: new Int32Array(room),
    parents: new Int32Array(room),
    nexts: new Int32Array(room),
    previous: new Int32Array(room),
  };
  if (before !== undefined) for (const key of KEYS) columns[key].set(before[key]);
  return columns;
}

const KEYS = ["types", "fields", "starts", "ends", "parents", "nexts", "previous"] as const;
