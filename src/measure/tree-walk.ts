import type { Node, Tree, TreeCursor } from "web-tree-sitter";
import type { Comment } from "./comment.js";
import { plain } from "./ecmascript-name.js";
import { closeDraft, type Draft } from "./function-draft.js";
import { readDeclared, readHead } from "./tree-function.js";
import type { TreeLanguage } from "./tree-language.js";

/** A function of a tree with what its comments cannot tell. */
export interface TreeDraft extends Draft {
  readonly docstring: boolean;
  /** Offset of its own name, which its hash leaves out; -1 where it has none. */
  readonly nameAt: number;
}

/** What one pass over a tree finds. */
export interface WalkedTree {
  /** Innermost functions first. */
  readonly drafts: TreeDraft[];
  /** Functions that are declared outside of functions: qualified name, offset before which documentation stands. */
  readonly declarations: { name: string; doc: number }[];
  readonly comments: Comment[];
  /** Directives that are no comments, as comments. */
  readonly directives: Comment[];
  /** Offsets at which statements start. */
  readonly statements: number[];
  /** What could not be read and may hide something: offset, what stands there, all of it. */
  readonly errors: { offset: number; message: string; text: string }[];
  /** Whether there was anything at all that could not be read. */
  partial: boolean;
}

/** A node on the way to the one being visited. */
interface Open {
  readonly type: string;
  readonly owner: TreeDraft | null;
  /** Whether the node opened its owner, and must close it. */
  readonly opened: boolean;
  /** Name of what the node holds, with what encloses it. */
  readonly path: string;
  /** Inside what only the preprocessor reads. */
  readonly mute: boolean;
}

interface Walk {
  readonly text: string;
  readonly language: TreeLanguage;
  readonly found: WalkedTree;
  readonly cursor: TreeCursor;
}

const OUTSIDE: Open = { type: "", owner: null, opened: false, path: "", mute: false };
const MAX_SHOWN_CHARS = 40;

/** Walks a tree once, without recursion, and collects its functions with their figures. */
export function walkTree(tree: Tree, text: string, language: TreeLanguage): WalkedTree {
  const lists = { drafts: [], declarations: [], comments: [], directives: [], statements: [], errors: [] };
  const found: WalkedTree = { ...lists, partial: false };
  const walk: Walk = { text, language, found, cursor: tree.walk() };
  const open: Open[] = [OUTSIDE];
  do while (descend(walk, open));
  while (advance(walk, open));
  walk.cursor.delete();
  return found;
}

/** Enters the node the cursor is at and goes to its first child; false where there is none to go to. */
function descend(walk: Walk, open: Open[]): boolean {
  const here = enter(walk, open.at(-1) ?? OUTSIDE);
  if (here === undefined) return false;
  if (walk.cursor.gotoFirstChild()) {
    open.push(here);
    return true;
  }
  token(walk, here);
  leave(walk, here);
  return false;
}

/** Goes to the next node in the order of the text that is not below this one; false at the end. */
function advance(walk: Walk, open: Open[]): boolean {
  while (!walk.cursor.gotoNextSibling()) {
    if (!walk.cursor.gotoParent()) return false;
    leave(walk, open.pop() ?? OUTSIDE);
  }
  return true;
}

function leave({ found }: Walk, { opened, owner }: Open): void {
  if (opened && owner !== null) closeDraft(owner, found.drafts);
}

/** Takes note of the node the cursor is at; undefined for a comment, which runs nothing. */
function enter(walk: Walk, parent: Open): Open | undefined {
  const { cursor, language, found } = walk;
  const type = cursor.nodeType;
  if (language.comments.has(type)) {
    found.comments.push(commentAt(walk));
    return undefined;
  }
  noteNode(walk, type, parent);
  const mute = parent.mute || isCondition(cursor, parent);
  const draft = language.functions.has(type) ? openFunction(walk, parent) : undefined;
  if (draft !== undefined) return { type, owner: draft, opened: true, path: draft.qualifiedName, mute };
  const { owner } = parent;
  if (owner !== null && !mute && addsPath(walk, type, parent)) owner.complexity += 1;
  return { type, owner, opened: false, path: scopePath(walk, type, parent.path), mute };
}

function noteNode(walk: Walk, type: string, { owner, path }: Open): void {
  const { cursor, language, found } = walk;
  if (language.directives.has(type)) found.directives.push(commentAt(walk));
  if (type === "ERROR" || cursor.nodeIsMissing) noteError(walk, type);
  if (runs(language, type, owner)) found.statements.push(cursor.startIndex);
  if (owner === null && language.declarations?.has(type) === true) noteDeclaration(walk, path);
}

function runs({ statements, runsOutside }: TreeLanguage, type: string, owner: TreeDraft | null): boolean {
  return statements.test(type) && (owner !== null || runsOutside === true);
}

function noteDeclaration({ cursor, language, found }: Walk, path: string): void {
  const declared = readDeclared(cursor.currentNode, language);
  if (declared === undefined) return;
  found.declarations.push({ ...declared, name: path === "" ? declared.name : `${path}.${declared.name}` });
}

/** What only the preprocessor evaluates is no path of the program. */
function isCondition(cursor: TreeCursor, parent: Open): boolean {
  return parent.type.startsWith("preproc_") && cursor.currentFieldName === "condition";
}

function addsPath({ language, cursor }: Walk, type: string, parent: Open): boolean {
  if (language.branches.has(type)) return cursor.nodeIsNamed;
  if (type === "else_clause") return language.elseOf.has(parent.type);
  if (language.cases.has(type)) return !isWildcard(cursor.currentNode);
  return language.tokens.get(type)?.has(parent.type) === true;
}

function isWildcard(node: Node): boolean {
  const pattern = node.childForFieldName("pattern") ?? node.namedChild(0);
  return pattern?.text === "_";
}

/** Leaves make the hash: white space and comments are none. A function's own name is left out. */
function token({ cursor, text }: Walk, { owner }: Open): void {
  if (owner === null || cursor.startIndex === owner.nameAt) return;
  owner.tokens += `|${text.slice(cursor.startIndex, cursor.endIndex)}`;
}

function openFunction({ cursor, language }: Walk, parent: Open): TreeDraft | undefined {
  const node = cursor.currentNode;
  const head = readHead(node, language);
  if (head === undefined) return undefined;
  const qualifiedName = parent.path === "" ? head.name : `${parent.path}.${head.name}`;
  return {
    kind: "function",
    name: head.name.slice(head.name.lastIndexOf(".") + 1),
    qualifiedName,
    start: node.startIndex,
    end: node.endIndex,
    bodyStart: head.bodyStart,
    doc: head.doc,
    nameAt: head.nameStart,
    named: !head.anonymous,
    parameters: head.parameters,
    complexity: 1,
    tokens: "",
    hash: "",
    parent: parent.owner,
    nested: [],
    inside: plain(qualifiedName),
    docstring: head.docstring,
  };
}

function scopePath({ cursor, language }: Walk, type: string, path: string): string {
  if (!language.scopes.has(type)) return path;
  const node = cursor.currentNode;
  const name = (node.childForFieldName("name") ?? node.childForFieldName("type"))?.text.replaceAll("::", ".") ?? "";
  if (name === "") return path;
  return path === "" ? name : `${path}.${name}`;
}

function commentAt({ cursor, text }: Walk): Comment {
  const [start, end] = [cursor.startIndex, cursor.endIndex];
  const raw = text.slice(start, end).trimEnd();
  const block = raw.startsWith("/*");
  const value = block ? raw.slice(2).replace(/\*\/$/, "") : raw.replace(/^(?:\/\/|#)/, "");
  return { type: block ? "Block" : "Line", value, start, end: start + raw.length };
}

function noteError({ cursor, text, language, found }: Walk, type: string): void {
  found.partial = true;
  const unread = text.slice(cursor.startIndex, cursor.endIndex).replace(/\s+/g, " ").trim();
  if (language.hides?.test(unread) === false) return;
  const message =
    type === "ERROR" ? `unexpected ${JSON.stringify(unread.slice(0, MAX_SHOWN_CHARS))}` : `missing ${type}`;
  found.errors.push({ offset: cursor.startIndex, message, text: unread });
}
