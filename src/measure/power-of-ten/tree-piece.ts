import { type FlatTree, typeName } from "../tree/flat-tree.js";
import { isMacroBlock } from "../tree/tree-function.js";
import type { TreeLanguage } from "../tree/tree-language.js";
import { TreeNode } from "../tree/tree-node.js";
import { MAX_PIECE_NAME, MISSING, type Piece, type PieceKind } from "./piece.js";
import {
  BY_OPERATOR,
  OPERATOR_KINDS,
  PLACED_FIELDS,
  TREE_KINDS,
  TREE_ROLES,
  TREE_TRANSPARENT,
} from "./tree-piece-kind.js";

type Built = { -readonly [Key in keyof Piece]: Piece[Key] };

interface Builder {
  readonly tree: FlatTree;
  /** The whole text, what the tree was read without too. */
  readonly text: string;
  readonly language: TreeLanguage;
  /** Pieces that are open, the innermost last, each with the first node that is not below it. */
  readonly open: Built[];
  readonly ends: number[];
}

const OPERATOR = /^(?:[-+*/%&|^!<>=~?.]{1,3}|and|or|not|in|is|async)$/;

/** The pieces of a flat tree, built without recursion; comments are left out. */
export function treePieces(tree: FlatTree, text: string, language: TreeLanguage): Piece {
  const { nexts, size } = tree;
  const root = newPiece("block", { tree, at: 0, type: nameOfType(tree, 0), role: "" });
  const builder: Builder = { tree, text, language, open: [root], ends: [size] };
  const { open, ends } = builder;
  for (let at = 1; at < size; ) {
    for (; (ends.at(-1) as number) <= at; ends.pop()) open.pop();
    const here = enter(builder, at);
    const next = nexts[at] as number;
    if (here !== undefined && next > at + 1) {
      open.push(here);
      ends.push(next);
      at += 1;
    } else {
      if (here !== undefined) nameLeaf(here, text);
      at = next;
    }
  }
  return root;
}

function nameLeaf(piece: Built, text: string): void {
  if (piece.end - piece.start <= MAX_PIECE_NAME) piece.name = text.slice(piece.start, piece.end);
}

/** Undefined for what is not looked into: tokens and comments. */
function enter(builder: Builder, at: number): Built | undefined {
  const { tree, language, open } = builder;
  const parent = open.at(-1) as Built;
  const type = nameOfType(tree, at);
  if (tree.missing.has(at)) {
    parent.children.push(newPiece("other", { tree, at, type: MISSING, role: "" }));
    return undefined;
  }
  if (tree.grammar.named[tree.types[at] as number] !== 1) {
    takeToken(parent, type, tree, at);
    return undefined;
  }
  if (language.comments.has(type)) return undefined;
  if (TREE_TRANSPARENT.has(type)) return parent;
  const piece = newPiece(kindOf(type, builder, at), { tree, at, type, role: roleOf(tree, at, type, parent) });
  if (piece.kind === "member") piece.name = squeezed(builder.text, piece);
  if (goesOver(piece) && parent.kind === "loop") parent.kind = "each";
  parent.children.push(piece);
  return piece;
}

function nameOfType({ grammar, types }: FlatTree, at: number): string {
  return typeName(grammar, types[at] as number);
}

function kindOf(type: string, { tree, language, open }: Builder, at: number): PieceKind {
  if (language.functions.has(type))
    return inFunction(open) && isMacroBlock(new TreeNode(tree, at)) ? "block" : "function";
  return isBody(type, open, language) ? "function" : (TREE_KINDS.get(type) ?? "other");
}

/** Whether a block is the body of a function whose head is not known. */
function isBody(type: string, open: readonly Piece[], { bodies }: TreeLanguage): boolean {
  return type === bodies?.type && bodies.within.has(open.at(-1)?.type ?? "") && !inFunction(open);
}

function inFunction(open: readonly Piece[]): boolean {
  return open.some(({ kind }) => kind === "function");
}

/** What makes a loop one over a collection. */
function goesOver({ type, role }: Piece): boolean {
  return type === "range_clause" || role === "iterable";
}

function squeezed(text: string, { start, end }: Piece): string {
  return end - start > MAX_PIECE_NAME ? "" : text.slice(start, end).replace(/\s+/g, "");
}

function roleOf({ fields, grammar }: FlatTree, at: number, type: string, parent: Piece): string {
  const field = grammar.fields[fields[at] as number] ?? "";
  if (field === "") return parent.type === "for_statement" && type !== "range_clause" ? "condition" : "";
  const within = PLACED_FIELDS.has(field) ? TREE_ROLES[`${parent.type}.${field}`] : undefined;
  return within ?? TREE_ROLES[field] ?? field;
}

/** A token is the operator of what holds it, which may decide what that is. */
function takeToken(parent: Built, token: string, { starts, ends }: FlatTree, at: number): void {
  if (starts[at] === parent.start && ends[at] === parent.end) parent.name = token;
  if (parent.op !== "" || !OPERATOR.test(token)) return;
  parent.op = token;
  if (BY_OPERATOR.has(parent.type)) parent.kind = OPERATOR_KINDS[token] ?? "other";
}

/** A node, and what it is called as a piece. */
interface Named {
  readonly tree: FlatTree;
  readonly at: number;
  readonly type: string;
  readonly role: string;
}

function newPiece(kind: PieceKind, { tree, at, type, role }: Named): Built {
  const [start, end] = [tree.starts[at] as number, tree.ends[at] as number];
  return { kind, type, role, start, end, op: "", name: "", children: [] };
}
