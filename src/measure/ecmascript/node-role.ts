import { joinName, type Place } from "./ecmascript-name.js";
import type { SyntaxNode } from "./ecmascript-parse.js";

/** A declaration whose documentation counts for the function of its qualified name. */
export interface Signature {
  name: string;
  /** Offset before which the documentation stands. */
  offset: number;
}

/** What a kind of node means to the measures; a kind without an entry means nothing. */
export interface NodeRole {
  /** Whether it adds a path, as ESLint's `complexity` (classic) counts them. */
  readonly branches?: (node: SyntaxNode) => boolean;
  /** Whether coverage can be asked of the line it starts on. */
  readonly executes?: (node: SyntaxNode) => boolean;
  /** Overloads and abstract methods document their implementation, a class its constructor. */
  readonly signs?: (node: SyntaxNode, place: Place) => Signature;
}

/** Assignments that may not be made. */
export const LOGICAL_ASSIGNMENTS: ReadonlySet<unknown> = new Set(["&&=", "||=", "??="]);

const always = (): boolean => true;
const isOptional = (node: SyntaxNode): boolean => node["optional"] === true;
const hasTest = (node: SyntaxNode): boolean => node["test"] !== null;
const hasValue = (node: SyntaxNode): boolean => node["value"] !== null;
const isNoDirective = (node: SyntaxNode): boolean => typeof node["directive"] !== "string";
const isLogical = (node: SyntaxNode): boolean => LOGICAL_ASSIGNMENTS.has(node["operator"]);
const initialises = (node: SyntaxNode): boolean =>
  (node["declarations"] as SyntaxNode[]).some((item) => item["init"] !== null);

const branch: NodeRole = { branches: always };
const statement: NodeRole = { executes: always };
const branchingStatement: NodeRole = { branches: always, executes: always };

/** The roles by node type. */
export const NODE_ROLES: ReadonlyMap<string, NodeRole> = new Map<string, NodeRole>([
  ["AssignmentPattern", branch],
  ["CatchClause", branch],
  ["ConditionalExpression", branch],
  ["LogicalExpression", branch],
  ["DoWhileStatement", branchingStatement],
  ["ForInStatement", branchingStatement],
  ["ForOfStatement", branchingStatement],
  ["ForStatement", branchingStatement],
  ["IfStatement", branchingStatement],
  ["WhileStatement", branchingStatement],
  ["AssignmentExpression", { branches: isLogical }],
  ["CallExpression", { branches: isOptional }],
  ["MemberExpression", { branches: isOptional }],
  ["SwitchCase", { branches: hasTest }],
  ["BreakStatement", statement],
  ["ContinueStatement", statement],
  ["ReturnStatement", statement],
  ["SwitchStatement", statement],
  ["ThrowStatement", statement],
  ["TryStatement", statement],
  ["ExpressionStatement", { executes: isNoDirective }],
  ["PropertyDefinition", { executes: hasValue }],
  ["VariableDeclaration", { executes: initialises }],
  ["TSDeclareFunction", { signs: (node, place) => ({ name: nameAt(node, place), offset: docAt(node, place) }) }],
  [
    "TSEmptyBodyFunctionExpression",
    { signs: (node, place) => ({ name: nameAt(node, place), offset: docAt(node, place) }) },
  ],
  ["ClassDeclaration", { signs: signConstructor }],
  ["ClassExpression", { signs: signConstructor }],
]);

function signConstructor(node: SyntaxNode, place: Place): Signature {
  return { name: `${nameAt(node, place)}.constructor`, offset: docAt(node, place) };
}

function nameAt(node: SyntaxNode, place: Place): string {
  const id = node["id"] as { name: string } | null | undefined;
  return joinName(place.path, id?.name ?? place.hint ?? "<class>");
}

function docAt(node: SyntaxNode, place: Place): number {
  return place.doc === -1 ? node.start : place.doc;
}
