import { sha256Hex } from "../kernel/canonical.js";
import { isFunction, joinName, type Place, plain } from "./ecmascript/ecmascript-name.js";
import type { SyntaxNode } from "./ecmascript/ecmascript-parse.js";
import type { FunctionKind } from "./file-measure.js";

/** Where a function stands, in UTF-16 units; `end` is exclusive. */
export interface FunctionSpan {
  start: number;
  end: number;
  bodyStart: number;
  /** Offset before which its documentation stands. */
  doc: number;
}

/** A function while its tree is walked. */
export interface Draft extends FunctionSpan {
  kind: FunctionKind;
  name: string;
  qualifiedName: string;
  named: boolean;
  parameters: number;
  complexity: number;
  /** Its normalised tokens so far; the hash of each nested function stands for it. */
  tokens: string;
  hash: string;
  parent: Draft | null;
  /** Functions directly in it. */
  nested: Draft[];
  /** Place of what is inside it. */
  inside: Place;
}

/** Opens a draft when the node is a function, a static block or a class field's initialiser; else null. */
export function openDraft(node: SyntaxNode, place: Place, parent: Draft | null): Draft | null {
  if (isFunction(node)) return functionDraft(node, place, parent);
  if (node.type === "StaticBlock") return blockDraft(node, { ...place, hint: "static" }, parent, "static");
  return place.field ? blockDraft(node, place, parent, "field") : null;
}

/** Lists a draft, and names it to what encloses it. */
export function listDraft<T extends Draft>(draft: T, drafts: T[]): void {
  draft.parent?.nested.push(draft);
  drafts.push(draft);
}

/** Fixes the hash of a draft whose tokens are all there; the hash then stands for it in what encloses it. */
export function closeTokens(draft: Draft): void {
  draft.hash = sha256Hex(draft.tokens);
  draft.tokens = "";
  if (draft.parent !== null) draft.parent.tokens += `@${draft.name}:${draft.hash}`;
}

function functionDraft(node: SyntaxNode, place: Place, parent: Draft | null): Draft {
  const declared = node.type === "FunctionDeclaration";
  const name = nameOf(node, place, declared);
  const start = place.start === -1 ? node.start : place.start;
  return {
    ...emptyDraft("function", name, place, parent),
    start,
    end: node.end,
    bodyStart: (node["body"] as SyntaxNode).start,
    doc: place.doc === -1 ? start : place.doc,
    named: declared || place.named,
    parameters: (node["params"] as unknown[]).length,
  };
}

function nameOf(node: SyntaxNode, place: Place, declared: boolean): string {
  const own = (node["id"] as { name: string } | null | undefined)?.name ?? null;
  return (declared ? (own ?? place.hint) : (place.hint ?? own)) ?? "<anonymous>";
}

function blockDraft(node: SyntaxNode, place: Place, parent: Draft | null, kind: FunctionKind): Draft {
  const draft = emptyDraft(kind, place.hint ?? "<anonymous>", place, parent);
  const inside = kind === "field" ? { ...place, field: false } : draft.inside;
  return { ...draft, start: node.start, end: node.end, bodyStart: node.start, doc: node.start, inside };
}

function emptyDraft(kind: FunctionKind, name: string, place: Place, parent: Draft | null): Draft {
  const qualifiedName = joinName(place.path, name);
  return {
    kind,
    name,
    qualifiedName,
    start: 0,
    end: 0,
    bodyStart: 0,
    doc: 0,
    named: false,
    parameters: 0,
    complexity: 1,
    tokens: "",
    hash: "",
    parent,
    nested: [],
    inside: plain(qualifiedName),
  };
}
