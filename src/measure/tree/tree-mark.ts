import { ERROR, type FlatTree } from "./flat-tree.js";
import { spanLook } from "./span-look.js";
import type { TreeLanguage } from "./tree-language.js";
import { nodeAround, TreeNode } from "./tree-node.js";

/** What a node may be to the measures. */
export type MarkKind =
  | "condition"
  | "comment"
  | "directive"
  | "error"
  | "missing"
  | "declaration"
  | "branch"
  | "case"
  | "scope"
  | "function";

/** A node and what it is; one that is several things has a mark for each. */
export interface Mark {
  readonly name: MarkKind;
  readonly node: TreeNode;
}

/** What nodes of a type are; of some only what they stand in, or hold, tells. */
type TypeKind = MarkKind | "token" | "else" | "body" | "evaluated";
/** What each type of a grammar is, by its number. */
type Kinds = readonly (readonly TypeKind[] | undefined)[];

const kinds = new WeakMap<TreeLanguage, Kinds>();

/** The nodes of a tree that the measures ask about, in the order of the text and what holds others before them. */
export function marksOf(tree: FlatTree, language: TreeLanguage): Mark[] {
  const marks = [...unreadMarks(tree), ...chainedBodies(tree, language), ...marksByType(tree, language)];
  return [...marks, ...misreadWords(tree, language, marks)].sort(inOrder);
}

/** What the parser could not read, or read as if it were there. */
function unreadMarks(tree: FlatTree): Mark[] {
  const marks = [...tree.missing].map((at): Mark => ({ name: "missing", node: new TreeNode(tree, at) }));
  for (let at = tree.types.indexOf(ERROR); at !== -1 && at < tree.size; at = tree.types.indexOf(ERROR, at + 1))
    marks.push({ name: "error", node: new TreeNode(tree, at) });
  return marks;
}

function marksByType(tree: FlatTree, language: TreeLanguage): Mark[] {
  const known = kinds.get(language) ?? kindsOf(tree, language);
  kinds.set(language, known);
  const { types, size } = tree;
  const marks: Mark[] = [];
  for (let at = 0; at < size; at += 1)
    for (const kind of known[types[at] as number] ?? NONE) {
      const mark = markOf(kind, new TreeNode(tree, at), language);
      if (mark !== null) marks.push(mark);
    }
  return marks;
}

const NONE: readonly TypeKind[] = [];

function kindsOf({ grammar: { types, named } }: FlatTree, language: TreeLanguage): Kinds {
  const { bodies } = language;
  const ofNamed: [TypeKind, ReadonlySet<string>][] = [
    ["evaluated", language.evaluated],
    ["comment", language.comments],
    ["directive", language.directives],
    ["declaration", language.declarations ?? new Set()],
    ["branch", language.branches],
    ["else", new Set(language.elseOf.size === 0 ? [] : ["else_clause"])],
    ["case", language.cases],
    ["scope", language.scopes],
    ["function", language.functions],
    ["body", new Set(bodies === undefined || bodies.chained === true ? [] : [bodies.type])],
  ];
  return types.map((type, id) => {
    if (named[id] !== 1) return language.tokens.has(type) ? ["token"] : undefined;
    const found = ofNamed.filter(([, names]) => names.has(type)).map(([kind]) => kind);
    return found.length === 0 ? undefined : found;
  });
}

function markOf(kind: TypeKind, node: TreeNode, language: TreeLanguage): Mark | null {
  const found = PLACED[kind];
  return found === undefined ? { name: kind as MarkKind, node } : found(node, language);
}

/** What only the node's place tells, or what it holds. */
const PLACED: Readonly<Partial<Record<TypeKind, (node: TreeNode, language: TreeLanguage) => Mark | null>>> = {
  evaluated: (node) => {
    const condition = node.childForFieldName("condition");
    return condition === null ? null : { name: "condition", node: condition };
  },
  token: (node, { tokens }) => markWithin("branch", node, tokens.get(node.type)),
  else: (node, { elseOf }) => markWithin("branch", node, elseOf),
  body: (node, { bodies }) => markWithin("function", node, bodies?.within),
};

function markWithin(name: MarkKind, node: TreeNode, parents: ReadonlySet<string> | undefined): Mark | null {
  return parents?.has(node.parent?.type ?? "") === true ? { name, node } : null;
}

/** Bodies outside of functions whose head is not known, where all that is around one tells. */
function chainedBodies(tree: FlatTree, { bodies }: TreeLanguage): Mark[] {
  if (bodies?.chained !== true) return [];
  const marks: Mark[] = [];
  const open = [new TreeNode(tree, 0)];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const node of at.children) {
      if (node.type === bodies.type) marks.push({ name: "function", node });
      if (bodies.within.has(node.type)) open.push(node);
    }
  return marks;
}

/**
 * Words that begin a path and were taken for names, as behind a macro that stands alone. A case is a path by itself; what
 * the others begin is not read.
 */
function misreadWords(tree: FlatTree, { pathWords }: TreeLanguage, marks: readonly Mark[]): Mark[] {
  if (pathWords === undefined) return [];
  const known = new Set(marks.map(({ node }) => node.startIndex));
  const comments = marks.filter(({ name }) => name === "comment");
  const inComment = spanLook(comments.map(({ node }) => ({ start: node.startIndex, end: node.endIndex })));
  return [...tree.text.matchAll(pathWords)].flatMap(({ index, 0: word }): Mark[] => {
    if (known.has(index) || inComment(index)) return [];
    const node = nodeAround(tree, index);
    if (!node.type.endsWith("identifier") || isUnread(node)) return [];
    return [{ name: word === "case" ? "branch" : "error", node }];
  });
}

/** Whether a node stands in what the parser could not read, which is told as a whole. */
function isUnread(node: TreeNode): boolean {
  for (let at: TreeNode | null = node; at !== null; at = at.parent) if (at.isError) return true;
  return false;
}

/** Offsets at which statements start, ascending. */
export function statementsOf({ grammar, types, starts, size }: FlatTree, { statements }: TreeLanguage): number[] {
  const isStatement = grammar.types.map((type) => statements.test(type));
  const found: number[] = [];
  for (let at = 0; at < size; at += 1) if (isStatement[types[at] as number] === true) found.push(starts[at] as number);
  return found;
}

/** What begins with a function or a scope is no part of it unless that is longer: neither begins with a path of its own. */
function inOrder(one: Mark, other: Mark): number {
  const apart = one.node.startIndex - other.node.startIndex;
  if (apart !== 0) return apart;
  const rank = rankOf(one.name) - rankOf(other.name);
  return rank === 0 ? other.node.endIndex - one.node.endIndex : rank;
}

function rankOf(kind: MarkKind): number {
  if (kind === "condition") return 0;
  return kind === "scope" || kind === "function" ? 2 : 1;
}
