import { attachedComment, type Comment } from "../comment.js";
import { plain } from "../ecmascript/ecmascript-name.js";
import { type Draft, listDraft } from "../function-draft.js";
import type { Span } from "../own-length.js";
import { declaredName, docStart, isMacroBlock, readHead, squeeze, startsStatement } from "./tree-function.js";
import type { TreeLanguage } from "./tree-language.js";
import type { Mark, MarkKind } from "./tree-mark.js";
import type { TreeNode } from "./tree-node.js";

/** A function of a tree with what its comments cannot tell. */
export interface TreeDraft extends Draft {
  readonly node: TreeNode;
  readonly docstring: boolean;
  /** Offset of its own name, which its hash leaves out; -1 where it has none. */
  readonly nameAt: number;
}

/** What is said of a place that could not be read. */
export interface Told {
  readonly message: string;
  /** All that stands there. */
  readonly text: string;
}

/** A place that could not be read: what is said of it is put together when it is asked, as many a place is read again. */
export interface UnreadPlace {
  readonly offset: number;
  readonly tell: () => Told;
}

/** What the marks of a tree say. */
export interface WalkedTree {
  /** In the order of the text, outer functions before those in them; without hashes. */
  readonly drafts: TreeDraft[];
  /** Qualified names of functions that documented declarations outside of functions declare. */
  readonly declared: Set<string>;
  readonly comments: Comment[];
  /** Where the comments stand, with the line end that some of them hold. */
  readonly silent: Span[];
  /** Directives that are no comments, as comments. */
  readonly directives: Comment[];
  /** What could not be read and may hide something. */
  readonly errors: UnreadPlace[];
  /** Whether there was anything at all that could not be read. */
  partial: boolean;
}

/** What a place lies in. */
interface Open {
  /** Where it ends. */
  readonly end: number;
  readonly owner: TreeDraft | null;
  /** Name of what it holds, with what encloses it. */
  readonly path: string;
  /** Inside what only the preprocessor reads. */
  readonly mute: boolean;
  /** Functions in each other so far; beyond MAX_NESTED_FUNCTIONS the place is not read. */
  readonly depth: number;
}

/** People nest a handful; each function's figures ask for what is in it, so that thousands take for ever. */
const MAX_NESTED_FUNCTIONS = 200;

interface Walk {
  readonly text: string;
  readonly language: TreeLanguage;
  readonly found: WalkedTree;
  /** The last one is the innermost. */
  readonly open: Open[];
}

const OUTSIDE: Open = { end: Number.POSITIVE_INFINITY, owner: null, path: "", mute: false, depth: 0 };
const MAX_SHOWN_CHARS = 40;

/** Collects the functions of a tree with their figures from its marks. */
export function walkMarks(marks: readonly Mark[], text: string, language: TreeLanguage): WalkedTree {
  const lists = { drafts: [], comments: [], silent: [], directives: [], errors: [] };
  const found: WalkedTree = { ...lists, declared: new Set(), partial: false };
  const open = [OUTSIDE];
  const walk: Walk = { text, language, found, open };
  for (const { name, node } of marks) {
    while (innermost(open).end <= node.startIndex) open.pop();
    NOTES[name](walk, node, innermost(open));
  }
  return found;
}

function innermost(open: readonly Open[]): Open {
  return open.at(-1) ?? OUTSIDE;
}

type Note = (walk: Walk, node: TreeNode, place: Open) => void;

/** What is made of a node that is marked so. */
const NOTES: Readonly<Record<MarkKind, Note>> = {
  condition: ({ open }, node, place) => open.push({ ...place, end: node.endIndex, mute: true }),
  comment: noteComment,
  directive: ({ text, found }, node) => found.directives.push(commentOf(text, node)),
  error: noteUnexpected,
  missing: (walk, node) => noteError(walk, node, () => `missing ${node.type}`),
  declaration: noteDeclaration,
  branch: noteBranch,
  case: (_, node, place) => {
    if (!isWildcard(node)) addPath(place);
  },
  scope: openScope,
  function: openFunction,
};

function noteComment({ text, found }: Walk, node: TreeNode): void {
  found.comments.push(commentOf(text, node));
  found.silent.push({ start: node.startIndex, end: node.endIndex });
}

/** Most declare no function, or without documentation: that is looked at first, as names are dear. */
function noteDeclaration({ text, language, found }: Walk, node: TreeNode, { owner, path }: Open): void {
  if (owner !== null || !text.slice(node.startIndex, node.endIndex).includes("(")) return;
  if (attachedComment(text, found.comments, docStart(node, text, language)) === undefined) return;
  const name = declaredName(node);
  if (name !== undefined) found.declared.add(within(path, name));
}

/** A statement that runs stands in a function: where there is none to be seen, a macro opened one. */
function noteBranch(walk: Walk, node: TreeNode, place: Open): void {
  addPath(place);
  const { bodies, statements } = walk.language;
  const runs = bodies !== undefined && (node.type === "case" || statements.test(node.type));
  if (place.owner === null && !place.mute && runs) noteUnexpected(walk, node);
}

/** What only the preprocessor evaluates is no path of the program. */
function addPath({ owner, mute }: Open): void {
  if (owner !== null && !mute) owner.complexity += 1;
}

function isWildcard(node: TreeNode): boolean {
  const pattern = node.childForFieldName("pattern") ?? node.firstNamedChild;
  return pattern?.text === "_";
}

function openScope({ open }: Walk, node: TreeNode, place: Open): void {
  const name = (node.childForFieldName("name") ?? node.childForFieldName("type"))?.text.replaceAll("::", ".") ?? "";
  if (name !== "") open.push({ ...place, end: node.endIndex, path: within(place.path, name) });
}

function openFunction(walk: Walk, node: TreeNode, place: Open): void {
  if (place.depth > MAX_NESTED_FUNCTIONS) return;
  if (place.depth < MAX_NESTED_FUNCTIONS) return addFunction(walk, node, place);
  const text = walk.text.slice(node.startIndex, node.endIndex);
  const tell = (): Told => ({ message: "nested too deeply to be judged", text });
  walk.found.errors.push({ offset: node.startIndex, tell });
  walk.found.partial = true;
  walk.open.push({ ...place, end: node.endIndex, depth: place.depth + 1 });
}

function addFunction(walk: Walk, node: TreeNode, place: Open): void {
  const { text, language, found, open } = walk;
  if (startsStatement(node)) noteUnexpected(walk, node);
  if (place.owner !== null && (node.type === language.bodies?.type || isMacroBlock(node))) return;
  const head = readHead(node, text, language);
  if (head === undefined) return;
  const qualifiedName = within(place.path, head.name);
  const draft: TreeDraft = {
    kind: "function",
    name: head.name.slice(head.name.lastIndexOf(".") + 1),
    qualifiedName,
    node,
    start: head.start,
    end: node.endIndex,
    bodyStart: head.bodyStart,
    doc: head.doc,
    nameAt: head.nameStart,
    named: !head.anonymous,
    parameters: head.parameters,
    complexity: 1,
    tokens: "",
    hash: "",
    parent: place.owner,
    nested: [],
    inside: plain(qualifiedName),
    docstring: head.docstring,
  };
  listDraft(draft, found.drafts);
  open.push({ end: draft.end, owner: draft, path: qualifiedName, mute: place.mute, depth: place.depth + 1 });
}

function within(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function commentOf(text: string, { startIndex: start, endIndex }: TreeNode): Comment {
  const raw = text.slice(start, endIndex).trimEnd();
  const block = raw.startsWith("/*");
  const value = block ? raw.slice(2).replace(/\*\/$/, "") : raw.replace(/^(?:\/\/|#)/, "");
  return { type: block ? "Block" : "Line", value, start, end: start + raw.length };
}

function noteUnexpected(walk: Walk, node: TreeNode): void {
  noteError(walk, node, (unread) => `unexpected ${JSON.stringify(unread.slice(0, MAX_SHOWN_CHARS))}`);
}

/**
 * What tells a place that was there before is its text; in C and C++ without its comments, as what only looks like one there is
 * a place of its own (`misreadPlaces`).
 */
function noteError({ text, language, found }: Walk, node: TreeNode, messageOf: (unread: string) => string): void {
  found.partial = true;
  const there = text.slice(node.startIndex, node.endIndex);
  if (language.hides?.test(there) === false) return;
  const tell = (): Told => {
    const unread = squeeze(there);
    const known = language.hides === undefined ? unread : squeeze(node.textWithout(language.comments));
    return { message: messageOf(unread), text: known };
  };
  found.errors.push({ offset: node.startIndex, tell });
}
