import type { Tree, TreeCursor } from "web-tree-sitter";
import { isMacroBlock } from "../tree-function.js";
import type { TreeLanguage } from "../tree-language.js";
import { MAX_PIECE_NAME, MISSING, type Piece, type PieceKind } from "./piece.js";
import { BY_OPERATOR, OPERATOR_KINDS, TREE_KINDS, TREE_ROLES, TREE_TRANSPARENT } from "./tree-piece-kind.js";

type Built = { -readonly [Key in keyof Piece]: Piece[Key] };

interface Builder {
  readonly cursor: TreeCursor;
  readonly text: string;
  readonly language: TreeLanguage;
}

const OPERATOR = /^(?:[-+*/%&|^!<>=~?.]{1,3}|and|or|not|in|is|async)$/;

/** The pieces of a tree read by tree-sitter, built without recursion; comments are left out. */
export function treePieces(tree: Tree, text: string, language: TreeLanguage): Piece {
  const cursor = tree.walk();
  const builder: Builder = { cursor, text, language };
  const root = newPiece("block", cursor.nodeType, "", cursor);
  const open: Built[] = [root];
  let more = cursor.gotoFirstChild();
  while (more) {
    const here = enter(builder, open);
    if (here !== undefined && cursor.gotoFirstChild()) open.push(here);
    else {
      if (here !== undefined) nameLeaf(here, text);
      more = advance(cursor, open);
    }
  }
  cursor.delete();
  return root;
}

/** Goes to the next node that is not below this one; false at the end. */
function advance(cursor: TreeCursor, open: Built[]): boolean {
  while (!cursor.gotoNextSibling()) {
    if (!cursor.gotoParent()) return false;
    open.pop();
  }
  return true;
}

function nameLeaf(piece: Built, text: string): void {
  if (piece.end - piece.start <= MAX_PIECE_NAME) piece.name = text.slice(piece.start, piece.end);
}

/** Undefined for what is not looked into: tokens and comments. */
function enter({ cursor, text, language }: Builder, open: readonly Built[]): Built | undefined {
  const parent = open.at(-1) as Built;
  const type = cursor.nodeType;
  if (cursor.nodeIsMissing) {
    parent.children.push(newPiece("other", MISSING, "", cursor));
    return undefined;
  }
  if (!cursor.nodeIsNamed) {
    takeToken(parent, type, cursor);
    return undefined;
  }
  if (language.comments.has(type)) return undefined;
  if (TREE_TRANSPARENT.has(type)) return parent;
  const piece = newPiece(kindOf(cursor, open, language), type, roleOf(cursor, parent), cursor);
  if (piece.kind === "member") piece.name = squeezed(text, piece);
  if (goesOver(piece) && parent.kind === "loop") parent.kind = "each";
  parent.children.push(piece);
  return piece;
}

function kindOf(cursor: TreeCursor, open: readonly Piece[], language: TreeLanguage): PieceKind {
  const type = cursor.nodeType;
  if (language.functions.has(type)) return inFunction(open) && isMacroBlock(cursor.currentNode) ? "block" : "function";
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

function roleOf(cursor: TreeCursor, parent: Piece): string {
  const field = cursor.currentFieldName ?? "";
  if (field === "") return parent.type === "for_statement" && cursor.nodeType !== "range_clause" ? "condition" : "";
  return TREE_ROLES[`${parent.type}.${field}`] ?? TREE_ROLES[field] ?? field;
}

/** A token is the operator of what holds it, which may decide what that is. */
function takeToken(parent: Built, token: string, cursor: TreeCursor): void {
  if (cursor.startIndex === parent.start && cursor.endIndex === parent.end) parent.name = token;
  if (parent.op !== "" || !OPERATOR.test(token)) return;
  parent.op = token;
  if (BY_OPERATOR.has(parent.type)) parent.kind = OPERATOR_KINDS[token] ?? "other";
}

function newPiece(kind: PieceKind, type: string, role: string, cursor: TreeCursor): Built {
  return { kind, type, role, start: cursor.startIndex, end: cursor.endIndex, op: "", name: "", children: [] };
}
