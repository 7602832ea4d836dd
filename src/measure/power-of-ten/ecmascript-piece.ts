import { isFunction } from "../ecmascript/ecmascript-name.js";
import type { SyntaxNode } from "../ecmascript/ecmascript-parse.js";
import { isPassedOver } from "../ecmascript/syntax-token.js";
import { MAX_PIECE_NAME, type Piece, type PieceKind } from "./piece.js";

const KINDS: Readonly<Record<string, PieceKind>> = {
  FunctionDeclaration: "function",
  FunctionExpression: "function",
  ArrowFunctionExpression: "function",
  StaticBlock: "function",
  ClassDeclaration: "class",
  ClassExpression: "class",
  ForStatement: "loop",
  WhileStatement: "loop",
  DoWhileStatement: "loop",
  ForOfStatement: "each",
  ForInStatement: "each",
  IfStatement: "branch",
  ConditionalExpression: "branch",
  SwitchStatement: "branch",
  BreakStatement: "leave",
  ReturnStatement: "leave",
  ThrowStatement: "leave",
  CallExpression: "call",
  NewExpression: "call",
  TaggedTemplateExpression: "call",
  AssignmentExpression: "assign",
  UpdateExpression: "step",
  Identifier: "name",
  JSXIdentifier: "name",
  PrivateIdentifier: "name",
  ThisExpression: "name",
  Super: "name",
  MemberExpression: "member",
  Literal: "literal",
  BlockStatement: "block",
  ExpressionStatement: "statement",
  VariableDeclarator: "bind",
};
const ROLES: Readonly<Record<string, string>> = {
  test: "condition",
  consequent: "then",
  alternate: "else",
  arguments: "argument",
  params: "parameter",
  tag: "callee",
};
const COMPARISONS: ReadonlySet<unknown> = new Set(["<", "<=", ">", ">=", "!=", "!==", "==", "==="]);
/** Nodes that run nothing of their own: what they hold stands for them. */
const TRANSPARENT: ReadonlySet<string> = new Set([
  "ChainExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
]);
const TYPE_ONLY = /^TS(?:Type|Interface|Declare|Abstract|Empty|Index|Method|Property)/;
const SELF_NAMES: Readonly<Record<string, string>> = { ThisExpression: "this", Super: "super" };

interface Pending {
  readonly node: SyntaxNode;
  readonly role: string;
  readonly parent: Piece;
}

/** The pieces of an ECMAScript tree, built without recursion. `text` is what was parsed. */
export function ecmaScriptPieces(program: SyntaxNode, text: string): Piece {
  const root: Piece = {
    kind: "block",
    type: "Program",
    role: "",
    start: 0,
    end: text.length,
    op: "",
    name: "",
    children: [],
  };
  const open: Pending[] = [];
  pushMembers(open, program, root);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const node = shown(at.node);
    if (TYPE_ONLY.test(node.type)) continue;
    const start = at.role === "body" ? at.node.start : node.start;
    const piece = { ...pieceOf(node, at.role, text), start };
    at.parent.children.push(piece);
    pushMembers(open, node, piece);
  }
  return root;
}

function shown(node: SyntaxNode): SyntaxNode {
  let at = node;
  while (TRANSPARENT.has(at.type)) at = at["expression"] as SyntaxNode;
  return at;
}

function pieceOf(node: SyntaxNode, role: string, text: string): Piece {
  const { type, start, end } = node;
  return { kind: kindOf(node), type, role, start, end, op: operatorOf(node), name: nameOf(node, text), children: [] };
}

function kindOf(node: SyntaxNode): PieceKind {
  const kind = KINDS[node.type];
  if (kind === "function") return node.type === "StaticBlock" || isFunction(node) ? "function" : "other";
  return kind ?? OPERATED[node.type]?.(node) ?? "other";
}

const LOGICAL: Readonly<Record<string, PieceKind>> = { "&&": "and", "||": "or" };
/** Nodes whose operator, or label, decides what they are. */
const OPERATED: Readonly<Record<string, (node: SyntaxNode) => PieceKind | undefined>> = {
  ContinueStatement: (node) => (node["label"] === null ? "other" : "leave"),
  LogicalExpression: (node) => LOGICAL[String(node["operator"])],
  BinaryExpression: (node) => (COMPARISONS.has(node["operator"]) ? "compare" : "other"),
  UnaryExpression: (node) => (node["operator"] === "!" ? "not" : "other"),
};

function operatorOf(node: SyntaxNode): string {
  if (typeof node["operator"] === "string") return node["operator"];
  if (node["async"] === true) return "async";
  if (node["await"] === true) return "await";
  if (ACCESSED.has(node.type)) return String(node["kind"]);
  if (node.type === "NewExpression") return "new";
  if (node.type === "MemberExpression") return isComputed(node) ? "[]" : ".";
  return "";
}

/** Nodes whose kind says what they are: `get`, `set`, `let`, `using`. */
const ACCESSED: ReadonlySet<string> = new Set(["MethodDefinition", "Property", "VariableDeclaration"]);

/** Whether a member's name is only known when it runs; `[Symbol.iterator]` is one of the language's own. */
function isComputed(node: SyntaxNode): boolean {
  if (node["computed"] !== true) return false;
  const { type, object } = node["property"] as SyntaxNode & { object?: { name?: string } };
  return type !== "Literal" && !(type === "MemberExpression" && object?.name === "Symbol");
}

function nameOf(node: SyntaxNode, text: string): string {
  const self = SELF_NAMES[node.type];
  if (self !== undefined) return self;
  if (node.type === "Identifier" || node.type === "JSXIdentifier") return String(node["name"]);
  if (node.type === "PrivateIdentifier") return `#${String(node["name"])}`;
  if (node.type !== "MemberExpression" && node.type !== "Literal") return "";
  return node.end - node.start > MAX_PIECE_NAME
    ? ""
    : text
        .slice(node.start, node.end)
        .replace(/\s+/g, " ")
        .replace(/ ?([^\w$ ]) ?/g, "$1");
}

function pushMembers(open: Pending[], node: SyntaxNode, parent: Piece): void {
  const mark = open.length;
  for (const key in node) {
    if (isPassedOver(key, false)) continue;
    const role = roleOf(node, key);
    const value = node[key];
    for (const item of Array.isArray(value) ? value : [value])
      if (isNode(item)) open.push({ node: item, role, parent });
  }
  const members = open.splice(mark).reverse();
  for (const member of members) open.push(member);
}

function roleOf(node: SyntaxNode, key: string): string {
  if (key === "right" && (node.type === "ForOfStatement" || node.type === "ForInStatement")) return "iterable";
  if (key === "value" && node.type === "Property") return "target";
  return ROLES[key] ?? key;
}

function isNode(value: unknown): value is SyntaxNode {
  return value !== null && typeof value === "object" && "type" in value && "start" in value;
}
