import type { Node, Tree } from "web-tree-sitter";
import type { TreeLanguage } from "./tree-language.js";
import type { Mark, MarkKind } from "./tree-mark.js";

/** What nodes of a type are; of a token and of what the preprocessor evaluates only a look at the node tells. */
type TypeKind = MarkKind | "token" | "evaluated";

const kinds = new WeakMap<TreeLanguage, ReadonlyMap<string, TypeKind>>();

/**
 * The marks of a tree, outer nodes before those in them, found by the types of nodes alone: half of what a query takes, and
 * nothing has to be made first. For languages whose tokens have `soleParents`.
 */
export function marksByType({ rootNode }: Tree, language: TreeLanguage): Mark[] {
  const unread = rootNode.hasError ? unreadMarks(rootNode) : [];
  const known = kinds.get(language) ?? kindsOf(language);
  kinds.set(language, known);
  const marks = [...unread, ...bodyMarks(rootNode, language)];
  let passed = 0;
  let unreadEnd = 0;
  for (const node of rootNode.descendantsOfType([...known.keys()])) {
    for (
      let next = unread[passed];
      next !== undefined && next.node.startIndex <= node.startIndex;
      next = unread[passed]
    ) {
      unreadEnd = Math.max(unreadEnd, next.node.endIndex);
      passed += 1;
    }
    const mark = markOf(node, known.get(node.type), node.startIndex < unreadEnd ? language : undefined);
    if (mark !== undefined) marks.push(mark);
  }
  return marks;
}

function kindsOf(language: TreeLanguage): ReadonlyMap<string, TypeKind> {
  const typed: [TypeKind, Iterable<string>][] = [
    ["evaluated", language.evaluated],
    ["comment", language.comments],
    ["directive", language.directives],
    ["declaration", language.declarations ?? []],
    ["branch", language.branches],
    ["token", language.tokens.keys()],
    ["case", language.cases],
    ["scope", language.scopes],
    ["function", language.functions],
  ];
  return new Map(typed.flatMap(([kind, types]) => [...types].map((type): [string, TypeKind] => [type, kind])));
}

/** Bodies outside of functions whose head is not known. */
function bodyMarks(root: Node, { bodies }: TreeLanguage): Mark[] {
  const marks: Mark[] = [];
  const open = bodies === undefined ? [] : [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    marks.push(
      ...at.children.filter(({ type }) => type === bodies?.type).map((node): Mark => ({ name: "function", node })),
    );
    open.push(...at.children.filter(({ type }) => bodies?.within.has(type) === true));
  }
  return marks;
}

/** `doubted` is the language of a token that may stand in what cannot be read. */
function markOf(node: Node, kind: TypeKind | undefined, doubted: TreeLanguage | undefined): Mark | undefined {
  if (kind === "token") return doubted === undefined || addsPath(node, doubted) ? { name: "branch", node } : undefined;
  if (kind !== "evaluated") return kind === undefined ? undefined : { name: kind, node };
  const condition = node.childForFieldName("condition");
  return condition === null ? undefined : { name: "condition", node: condition };
}

function addsPath(token: Node, { tokens }: TreeLanguage): boolean {
  return tokens.get(token.type)?.has(token.parent?.type ?? "") === true;
}

/** What the parser could not read, or read as if it were there. Only below nodes that have such places is it looked for. */
function unreadMarks(root: Node): Mark[] {
  const marks: Mark[] = [];
  const open = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.isError) marks.push({ name: "error", node: at });
    else if (at.isMissing) marks.push({ name: "missing", node: at });
    open.push(...at.children.filter((child) => child.hasError).reverse());
  }
  return marks;
}
