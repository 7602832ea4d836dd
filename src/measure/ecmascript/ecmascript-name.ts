import type { SyntaxNode } from "./ecmascript-parse.js";

/** What the place of a node says about it: its name, and where its documentation would stand. */
export interface Place {
  /** Qualified name of what encloses the node; empty at module level. */
  path: string;
  /** Name the place gives the node, when it is a function, a class or an object. */
  hint: string | null;
  /** Offset before which documentation stands; -1 when the place can have none. */
  doc: number;
  /** Offset at which the function starts, modifiers included; -1 for the node's own start. */
  start: number;
  /** Whether a function here counts as named, so that documentation is asked of it. */
  named: boolean;
  /** Whether the node is what a class field starts as: an implicit function of its own. */
  field: boolean;
  /** The place of the same path that says nothing else; shared, as most nodes are at one. */
  bare: Place;
}

/** Gives the place of a child: member `key` of `node` (item `index` where that is a list), `node` being at `place`. */
export type Placer = (node: SyntaxNode, key: string, index: number, place: Place) => Place;

const MAX_NAME_CHARS = 80;
/** Kinds of nodes that are functions where they have a body. */
export const FUNCTION_TYPES: ReadonlySet<string> = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
]);

/** Whether a node is a function with a body. */
export function isFunction(node: SyntaxNode): boolean {
  return FUNCTION_TYPES.has(node.type) && node["body"] !== null;
}

/** Joins a qualified name. */
export function joinName(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** The place of nodes whose position names nothing. */
export function plain(path: string): Place {
  const place = { path, hint: null, doc: -1, start: -1, named: false, field: false } as Omit<Place, "bare">;
  return Object.assign(place, { bare: place }) as Place;
}

/** The place of module-level statements. */
export const ROOT: Place = plain("");

function keyName(node: SyntaxNode): string {
  const key = node["key"] as SyntaxNode;
  if (node["computed"] === true && key.type !== "Literal") return "[computed]";
  if (key.type === "PrivateIdentifier") return `#${String(key["name"])}`;
  return String(key["name"] ?? key["value"]).slice(0, MAX_NAME_CHARS);
}

function idName(node: SyntaxNode, member = "id"): string | null {
  const id = node[member] as SyntaxNode | null;
  return id?.type === "Identifier" ? String(id["name"]) : null;
}

/** `exports.name`, `Type.prototype.name`; null when the target is computed. */
function targetName(node: SyntaxNode): string | null {
  const parts: string[] = [];
  let at = node;
  for (let hops = 0; hops < 8 && at.type === "MemberExpression"; hops += 1) {
    if (at["computed"] === true) return null;
    parts.unshift(String((at["property"] as SyntaxNode)["name"]));
    at = at["object"] as SyntaxNode;
  }
  if (at.type === "ThisExpression") return ["this", ...parts].join(".");
  return at.type === "Identifier" ? [String(at["name"]), ...parts].join(".") : null;
}

function exported(node: SyntaxNode, key: string, _index: number, place: Place): Place {
  if (key !== "declaration") return place.bare;
  const hint = node.type === "ExportDefaultDeclaration" ? "default" : null;
  return { ...place.bare, hint, doc: node.start, named: true };
}

function variables(node: SyntaxNode, _key: string, index: number, place: Place): Place {
  const declarators = node["declarations"] as SyntaxNode[];
  const first = place.doc === -1 ? node.start : place.doc;
  return { ...place.bare, doc: index === 0 ? first : (declarators[index]?.start ?? -1) };
}

function declarator(node: SyntaxNode, key: string, _index: number, place: Place): Place {
  const hint = idName(node);
  if (key !== "init" || hint === null) return place.bare;
  return { ...place, hint, start: -1, named: true };
}

function statement(node: SyntaxNode, _key: string, _index: number, place: Place): Place {
  return { ...place.bare, doc: node.start };
}

function assignment(node: SyntaxNode, key: string, _index: number, place: Place): Place {
  const hint =
    key === "right" && takesName(node["right"] as SyntaxNode) ? targetName(node["left"] as SyntaxNode) : null;
  return hint === null ? place.bare : { ...place, hint, named: true };
}

function defaultValue(node: SyntaxNode, key: string, _index: number, place: Place): Place {
  return key === "right" ? { ...place.bare, hint: idName(node, "left") } : place.bare;
}

function classBody(node: SyntaxNode, key: string, _index: number, place: Place): Place {
  if (key !== "body") return place.bare;
  return plain(joinName(place.path, idName(node) ?? place.hint ?? "<class>"));
}

function member(node: SyntaxNode, key: string, _index: number, place: Place): Place {
  if (key !== "value") return place.bare;
  const decorators = node["decorators"] as SyntaxNode[];
  const start = decorators.length === 0 ? node.start : (node["key"] as SyntaxNode).start;
  const field = node.type === "PropertyDefinition" && !isFunction(node["value"] as SyntaxNode);
  return { ...place.bare, hint: keyName(node), doc: node.start, start, named: true, field };
}

function objectMembers(_node: SyntaxNode, _key: string, _index: number, place: Place): Place {
  if (place.hint === null) return place.bare;
  return { ...plain(joinName(place.path, place.hint)), named: place.named && place.path === "" };
}

function objectMember(node: SyntaxNode, key: string, _index: number, place: Place): Place {
  if (key !== "value") return place.bare;
  const method = node["method"] === true || node["kind"] !== "init";
  const start = method ? node.start : -1;
  return { ...place.bare, hint: keyName(node), doc: node.start, start, named: place.named };
}

function transparent(_node: SyntaxNode, key: string, _index: number, place: Place): Place {
  return key === "expression" ? place : place.bare;
}

/** Kinds of nodes that say something of their children's places; below others a place says nothing but its path. */
export const PLACERS: Readonly<Record<string, Placer>> = {
  ExportNamedDeclaration: exported,
  ExportDefaultDeclaration: exported,
  VariableDeclaration: variables,
  VariableDeclarator: declarator,
  ExpressionStatement: statement,
  AssignmentExpression: assignment,
  AssignmentPattern: defaultValue,
  ClassDeclaration: classBody,
  ClassExpression: classBody,
  MethodDefinition: member,
  PropertyDefinition: member,
  AccessorProperty: member,
  ObjectExpression: objectMembers,
  Property: objectMember,
  TSAsExpression: transparent,
  TSSatisfiesExpression: transparent,
  TSNonNullExpression: transparent,
  TSTypeAssertion: transparent,
};

/** Whether a node is called by the name its place gives it, or hands that on. */
function takesName({ type }: SyntaxNode): boolean {
  return FUNCTION_TYPES.has(type) || type in PLACERS;
}
