import { type Node, Query, type QueryCapture, type Tree } from "web-tree-sitter";
import { type GrammarLanguage, parserOf } from "./grammar.js";
import { TREE_LANGUAGES, type TreeLanguage } from "./tree-language.js";
import { marksByType } from "./tree-mark-by-type.js";

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
  readonly node: Node;
}

const queries = new Map<GrammarLanguage, Query>();

/**
 * The nodes of a tree that the measures ask about, in the order of the text and what holds others before them. They are
 * found where the tree is: to go from node to node from here takes longer than parsing.
 */
export function marksOf(tree: Tree, language: GrammarLanguage, text: string): Mark[] {
  const meaning = TREE_LANGUAGES[language];
  const marks = meaning.soleParents === true ? marksByType(tree, meaning) : marksByQuery(tree, language);
  return [...marks, ...misreadWords(tree, meaning, { text, marks })].sort(inOrder);
}

/** A text and what was found in it so far. */
interface Marked {
  readonly text: string;
  readonly marks: readonly Mark[];
}

/**
 * Words that begin a path and were taken for names, as behind a macro that stands alone. A case is a path by itself; what
 * the others begin is not read.
 */
function misreadWords({ rootNode }: Tree, { pathWords }: TreeLanguage, { text, marks }: Marked): Mark[] {
  if (pathWords === undefined) return [];
  const known = new Set(marks.map(({ node }) => node.startIndex));
  const inComment = spansOf(marks.filter(({ name }) => name === "comment"));
  return [...text.matchAll(pathWords)].flatMap(({ index, 0: word }): Mark[] => {
    if (known.has(index) || inComment(index)) return [];
    const node = rootNode.descendantForIndex(index);
    if (node?.type.endsWith("identifier") !== true || isUnread(node)) return [];
    return [{ name: word === "case" ? "branch" : "error", node }];
  });
}

/** Whether an offset is within one of the marks, for offsets that ascend as the marks do. */
function spansOf(marks: readonly Mark[]): (offset: number) => boolean {
  let at = 0;
  return (offset) => {
    while ((marks[at]?.node.endIndex ?? Number.POSITIVE_INFINITY) <= offset) at += 1;
    return (marks[at]?.node.startIndex ?? Number.POSITIVE_INFINITY) <= offset;
  };
}

/** Whether a node stands in what the parser could not read, which is told as a whole. */
function isUnread(node: Node): boolean {
  for (let at: Node | null = node; at !== null; at = at.parent) if (at.isError) return true;
  return false;
}

/** What a node stands in is told where the tree is as well. Making such a query takes longer than reading some files. */
function marksByQuery({ rootNode }: Tree, language: GrammarLanguage): Mark[] {
  const query = queries.get(language) ?? makeQuery(language);
  queries.set(language, query);
  return query.captures(rootNode) as (QueryCapture & Mark)[];
}

/** Offsets at which statements start, ascending. */
export function statementsOf({ rootNode, language }: Tree, { statements }: TreeLanguage): number[] {
  const types = language.types.filter((type) => statements.test(type));
  return rootNode.descendantsOfType(types).map(({ startIndex }) => startIndex);
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

/** Throws where the grammar has no such node, or none where it is looked for. */
function makeQuery(language: GrammarLanguage): Query {
  const grammar = parserOf(language).language;
  if (grammar === null) throw new Error(`the parser of ${language} has no grammar`);
  return new Query(grammar, patternsOf(TREE_LANGUAGES[language]).join("\n"));
}

function patternsOf(language: TreeLanguage): string[] {
  return [
    ...[...language.evaluated].map((type) => `(${type} condition: _ @condition)`),
    ...anyOf(language.comments, "comment"),
    ...anyOf(language.directives, "directive"),
    "(ERROR) @error",
    "(MISSING) @missing",
    ...anyOf(language.declarations ?? new Set(), "declaration"),
    ...anyOf(language.branches, "branch"),
    ...[...language.tokens].flatMap(([token, parents]) => [...parents].map((type) => `(${type} "${token}" @branch)`)),
    ...[...language.elseOf].map((type) => `(${type} (else_clause) @branch)`),
    ...anyOf(language.cases, "case"),
    ...anyOf(language.scopes, "scope"),
    ...anyOf(language.functions, "function"),
    ...bodiesOf(language).map((pattern) => `${pattern} @function)`),
  ];
}

function bodiesOf({ bodies }: TreeLanguage): string[] {
  return bodies === undefined ? [] : [...bodies.within].map((parent) => `(${parent} (${bodies.type})`);
}

function anyOf(types: ReadonlySet<string>, kind: MarkKind): string[] {
  return types.size === 0 ? [] : [`[${[...types].map((type) => `(${type})`).join(" ")}] @${kind}`];
}
