import type { Language, Tree } from "web-tree-sitter";
import { readByCursor } from "./tree-cursor.js";
import { type Engine, type NodeRoom, type ReadNode, readMemory } from "./tree-memory.js";

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

/** The nodes of a tree while they are read. */
class Nodes implements NodeRoom {
  size = 0;
  readonly missing = new Set<number>();
  readonly columns: Columns;
  /** How much further on offsets are in the text. */
  readonly #shifts: Int32Array | undefined;

  constructor(count: number, shifts: Int32Array | undefined) {
    this.columns = columnsFor(count);
    this.#shifts = shifts;
  }

  add({ type, start, end, parent, field, isMissing }: ReadNode): void {
    const { size: at, columns } = this;
    columns.types[at] = type;
    columns.starts[at] = start;
    columns.ends[at] = end;
    columns.parents[at] = parent;
    columns.fields[at] = field;
    if (isMissing) this.missing.add(at);
    this.size = at + 1;
  }

  /** All of them are there: what one of them alone does not tell follows from the others. */
  finish(): void {
    if (this.#shifts !== undefined) this.#shift(this.#shifts);
    this.#findNexts();
    this.#findPrevious();
  }

  #shift(shifts: Int32Array): void {
    const { starts, ends } = this.columns;
    for (let at = 0; at < this.size; at += 1) {
      starts[at] = (starts[at] as number) + (shifts[starts[at] as number] as number);
      ends[at] = (ends[at] as number) + (shifts[ends[at] as number] as number);
    }
  }

  #findNexts(): void {
    const { nexts, parents } = this.columns;
    for (let at = this.size - 1; at >= 0; at -= 1) {
      const next = Math.max(nexts[at] as number, at + 1);
      nexts[at] = next;
      const parent = parents[at] as number;
      if (parent !== -1 && (nexts[parent] as number) < next) nexts[parent] = next;
    }
  }

  #findPrevious(): void {
    const { nexts, parents, previous } = this.columns;
    previous.fill(-1);
    for (let at = 1; at < this.size; at += 1) {
      const next = nexts[at] as number;
      if (next < this.size && parents[next] === parents[at]) previous[next] = at;
    }
  }
}

/**
 * Reads a tree of this text, or of a shorter one, each of whose offsets is so much further on in this one. The tree itself is
 * not needed for it any more. Without recursion.
 */
export function flatTree(tree: Tree, text: string, engine: Engine, shifts?: Int32Array): FlatTree {
  const grammar = grammarOf(tree.language);
  const { size, columns, missing } = nodesOf(tree, engine, shifts);
  return { text, grammar, size, ...columns, missing };
}

function nodesOf(tree: Tree, engine: Engine, shifts: Int32Array | undefined): Nodes {
  const count = tree.rootNode.descendantCount;
  let nodes = new Nodes(count, shifts);
  if (!readMemory(tree, engine, nodes)) {
    nodes = new Nodes(count, shifts);
    readByCursor(tree, nodes);
  }
  nodes.finish();
  return nodes;
}

/** Room for so many nodes. */
export function columnsFor(room: number): Columns {
  return {
    types: new Uint16Array(room),
    fields: new Uint16Array(room),
    starts: new Int32Array(room),
    ends: new Int32Array(room),
    parents: new Int32Array(room),
    nexts: new Int32Array(room),
    previous: new Int32Array(room),
  };
}
