import type { FileFact, ImportFact } from "./fact.js";
import { below, boundNames, childOf, type Piece } from "./piece.js";

type Module = Pick<FileFact, "imports" | "exports" | "exportsAll">;

interface Reading {
  readonly imports: Map<string, ImportFact>;
  readonly exports: Map<string, ImportFact>;
  readonly exportsAll: string[];
}

const HERE = "";

/** What a module imports and exports, by its statements; of other languages than ECMAScript the names it gives anew. */
export function readModule(root: Piece): Module {
  const reading: Reading = { imports: new Map(), exports: new Map(), exportsAll: [] };
  for (const piece of root.children) READERS[piece.type]?.(piece, reading);
  return reading;
}

const READERS: Readonly<Record<string, (piece: Piece, reading: Reading) => void>> = {
  ImportDeclaration: readImport,
  ExportNamedDeclaration: readExport,
  ExportDefaultDeclaration: readDefault,
  ExportAllDeclaration: readAll,
  VariableDeclaration: readRequire,
  ExpressionStatement: readAssignment,
  import_from_statement: readAliases,
  use_declaration: readAliases,
};

/** Python's and Rust's `as`. */
function readAliases(piece: Piece, { imports }: Reading): void {
  for (const one of below(piece).filter(({ type }) => type === "aliased_import" || type === "use_as_clause")) {
    const [path] = one.children;
    imports.set(nameAt(one, "alias"), { from: "", name: (path?.children.at(-1) ?? path)?.name ?? "" });
  }
}

/** The text of a string; empty for what is none. */
function textOf(piece: Piece | undefined): string {
  return /^["'].*["']$/.test(piece?.name ?? "") ? (piece?.name.slice(1, -1) ?? "") : "";
}

function readImport(piece: Piece, { imports }: Reading): void {
  const from = textOf(childOf(piece, "source"));
  for (const specifier of piece.children.filter(({ role }) => role === "specifiers")) {
    const local = childOf(specifier, "local")?.name ?? "";
    const imported = childOf(specifier, "imported")?.name;
    imports.set(local, { from, name: imported ?? (specifier.type === "ImportDefaultSpecifier" ? "default" : "*") });
  }
}

function readExport(piece: Piece, { exports }: Reading): void {
  const from = textOf(childOf(piece, "source"));
  for (const specifier of piece.children.filter(({ role }) => role === "specifiers")) {
    const local = childOf(specifier, "local")?.name ?? "";
    exports.set(childOf(specifier, "exported")?.name ?? local, { from, name: local });
  }
  const declared = childOf(piece, "declaration");
  for (const name of declared === undefined ? [] : declaredNames(declared)) exports.set(name, { from: HERE, name });
}

function declaredNames(declaration: Piece): string[] {
  const own = childOf(declaration, "id")?.name;
  return own === undefined ? declaration.children.flatMap((one) => boundNames(childOf(one, "id") ?? one)) : [own];
}

function readDefault(piece: Piece, { exports }: Reading): void {
  const declared = childOf(piece, "declaration");
  const own = declared?.kind === "name" ? declared.name : childOf(declared ?? piece, "id")?.name;
  exports.set("default", { from: HERE, name: own ?? "default" });
}

function readAll(piece: Piece, { exports, exportsAll }: Reading): void {
  const from = textOf(childOf(piece, "source"));
  const name = childOf(piece, "exported")?.name;
  if (name === undefined) exportsAll.push(from);
  else exports.set(name, { from, name: "*" });
}

/** `const { a, b: c } = require("./x")`, `const x = require("./x")`. */
function readRequire(piece: Piece, { imports }: Reading): void {
  for (const one of piece.children) {
    const id = childOf(one, "id");
    const from = requiredBy(childOf(one, "init"));
    if (id === undefined || from === undefined) continue;
    if (id.kind === "name") imports.set(id.name, { from, name: "*" });
    for (const property of id.children)
      imports.set(nameAt(property, "target"), { from, name: nameAt(property, "key") });
  }
}

function requiredBy(init: Piece | undefined): string | undefined {
  const requires = init?.kind === "call" && nameAt(init, "callee") === "require";
  return requires ? textOf(childOf(init, "argument")) : undefined;
}

function nameAt(piece: Piece, role: string): string {
  return childOf(piece, role)?.name ?? "";
}

const EXPORTED = /^(?:module\.)?exports(?:\.([\w$]+))?$/;

/** `exports.a = b`, `module.exports = b`, `module.exports = { a, b: c }`. */
function readAssignment(piece: Piece, { exports }: Reading): void {
  const [assign] = piece.children;
  if (assign?.kind === "assign") exportValue(assign.children[0]?.name ?? "", assign.children[1], exports);
}

function exportValue(left: string, right: Piece | undefined, exports: Map<string, ImportFact>): void {
  const match = EXPORTED.exec(left);
  if (match === null || right === undefined) return;
  const [target, name] = match;
  if (right.type === "ObjectExpression" && name === undefined) readMembers(right, target, exports);
  else exports.set(name ?? "*", { from: HERE, name: right.name || target });
}

function readMembers(object: Piece, owner: string, exports: Map<string, ImportFact>): void {
  for (const property of object.children) readMember(property, owner, exports);
}

function readMember(property: Piece, owner: string, exports: Map<string, ImportFact>): void {
  const key = property.type === "Property" ? childOf(property, "key")?.name : undefined;
  if (key === undefined) return;
  const value = childOf(property, "target");
  exports.set(key, { from: HERE, name: value?.kind === "name" ? value.name : `${owner}.${key}` });
}
