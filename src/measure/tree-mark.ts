import { Query, type QueryCapture, type Tree } from "web-tree-sitter";
import { type GrammarLanguage, parserOf } from "./grammar.js";
import { TREE_LANGUAGES, type TreeLanguage } from "./tree-language.js";

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
export type Mark = QueryCapture & { readonly name: MarkKind };

/** What is asked of a language's trees. */
interface Queries {
  readonly marks: Query;
  readonly statements: Query;
}

const queries = new Map<GrammarLanguage, Queries>();

/**
 * The nodes of a tree that the measures ask about, in the order of the text and what holds others before them. They are
 * found where the tree is: to go from node to node from here takes longer than parsing.
 */
export function marksOf(tree: Tree, language: GrammarLanguage): Mark[] {
  return (queriesOf(language).marks.captures(tree.rootNode) as Mark[]).sort(inOrder);
}

/** Offsets at which statements start. */
export function statementsOf(tree: Tree, language: GrammarLanguage): number[] {
  return queriesOf(language)
    .statements.captures(tree.rootNode)
    .map(({ node }) => node.startIndex);
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

function queriesOf(language: GrammarLanguage): Queries {
  const made = queries.get(language) ?? makeQueries(language);
  queries.set(language, made);
  return made;
}

/** Throws where the grammar has no such node, or none where it is looked for. */
function makeQueries(language: GrammarLanguage): Queries {
  const grammar = parserOf(language).language;
  if (grammar === null) throw new Error(`the parser of ${language} has no grammar`);
  const types = Array.from({ length: grammar.nodeTypeCount }, (_, id) => id)
    .filter((id) => grammar.nodeTypeIsNamed(id) && grammar.nodeTypeIsVisible(id))
    .map((id) => grammar.nodeTypeForId(id) ?? "");
  const meaning = TREE_LANGUAGES[language];
  const statements = new Set(types.filter((type) => meaning.statements.test(type)));
  return {
    marks: new Query(grammar, patternsOf(meaning).join("\n")),
    statements: new Query(grammar, anyOf(statements, "statement").join("\n")),
  };
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
  ];
}

function anyOf(types: ReadonlySet<string>, kind: MarkKind | "statement"): string[] {
  return types.size === 0 ? [] : [`[${[...types].map((type) => `(${type})`).join(" ")}] @${kind}`];
}
