import { oxcPart } from "./oxc-part.js";
import type { TreeInMemory } from "./parser-memory.js";

/** A node as the walk over the parser's memory shows it; members are read when they are asked for. */
export interface SeenNode {
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

/** What is done at nodes of a kind, by the parser's own names of kinds; `Kind:exit` on the way out. */
export type Visits = Readonly<Record<string, (node: SeenNode) => void>>;

/** Visits made ready to walk with. */
export interface Visitor {
  readonly visits: unknown;
}

/** What is to be known of a text besides its tree: where comments stand, in order, and how many errors there are. */
export interface TreeData {
  readonly comments: Iterable<Pick<SeenNode, "start" | "end">>;
  readonly errors: { readonly length: number };
}

interface Ast {
  readonly buffer: Uint8Array;
  readonly sourceText: string;
  readonly sourceStartPos: number;
  readonly sourceByteLen: number;
  readonly sourceIsAscii: boolean;
  readonly nodes: { get(at: number): undefined; set(at: number, node: object): void };
  readonly token: unknown;
}

interface Parts {
  readonly walkProgram: (at: number, ast: Ast, visits: unknown) => void;
  readonly RawTransferData: new (at: number, ast: Ast) => TreeData;
  readonly Visitor: new (visits: Visits) => object;
  readonly getVisitorsArr: (visitor: object) => unknown;
  readonly PROGRAM_OFFSET: number;
  readonly TOKEN: unknown;
}

/**
 * The version whose walk is known: what it passes over (`test/unit/measure/ecmascript/tree-visit.test.ts`), a look has to doubt. It is
 * experimental, and another version may pass over more.
 */
const KNOWN_VERSION = "0.158.0";

let loaded: Parts | undefined;

/** Makes visits ready to walk with. Throws Error for a kind the parser does not know. */
export function visitorOf(visits: Visits): Visitor {
  const { Visitor, getVisitorsArr } = parts();
  return { visits: getVisitorsArr(new Visitor(visits)) };
}

/**
 * Walks a tree where the parser wrote it, in the order of the text, and makes no objects but of nodes of the kinds asked for.
 * Throws where the tree is too deep for that.
 */
export function visitTree(tree: TreeInMemory, text: string, { visits }: Visitor): void {
  const { walkProgram, PROGRAM_OFFSET } = parts();
  walkProgram(tree.data + PROGRAM_OFFSET, astOf(tree, text), visits);
}

/** What is to be known of a parsed text besides its tree. */
export function dataOf(tree: TreeInMemory, text: string): TreeData {
  const { RawTransferData } = parts();
  return new RawTransferData(tree.data, astOf(tree, text));
}

function parts(): Parts {
  loaded ??= load();
  return loaded;
}

function load(): Parts {
  const { version } = oxcPart("package") as { version: string };
  if (version !== KNOWN_VERSION) throw new Error(`the walk of oxc-parser ${version} is not known`);
  return {
    ...(oxcPart("src-js/generated/lazy/walk") as Pick<Parts, "walkProgram">),
    ...(oxcPart("src-js/generated/lazy/constructors") as Pick<Parts, "RawTransferData">),
    ...(oxcPart("src-js/raw-transfer/visitor") as Pick<Parts, "Visitor" | "getVisitorsArr">),
    ...(oxcPart("src-js/raw-transfer/lazy-common") as Pick<Parts, "TOKEN">),
    ...(oxcPart("src-js/generated/constants") as Pick<Parts, "PROGRAM_OFFSET">),
  };
}

/** Nodes are looked at once, so that none are kept. */
const NO_NODES = { get: () => undefined, set: () => undefined };

function astOf({ bytes, sourceStart, sourceBytes }: TreeInMemory, text: string): Ast {
  return {
    buffer: bytes,
    sourceText: text,
    sourceStartPos: sourceStart,
    sourceByteLen: sourceBytes,
    sourceIsAscii: text.length === sourceBytes,
    nodes: NO_NODES,
    token: parts().TOKEN,
  };
}
