import type { FileFact } from "./fact.js";
import { targetOf } from "./loop/loop-write.js";
import { below, boundNames, childOf, type Piece, unwrap } from "./piece.js";

/**
 * The names of a file's fields, as far as one may hold a function: declared in a class or a structure, set on
 * something, or given a value in an object; and the names of its namespaces.
 */
export function readFields(root: Piece, text: string): Pick<FileFact, "fields" | "namespaces" | "bases"> {
  const fields = new Set<string>();
  const namespaces = new Set<string>();
  const bases = new Map<string, readonly string[]>();
  for (const piece of below(root)) {
    if (piece.type === "TSModuleDeclaration") namespaces.add(childOf(piece, "id")?.name ?? "");
    if (piece.kind === "class") noteBases(piece, text, bases);
    for (const name of fieldNames(piece)) fields.add(name);
  }
  fields.delete("");
  return { fields, namespaces, bases };
}

/** The words between a class's name and its body: what it extends is among them. */
function noteBases(piece: Piece, text: string, bases: Map<string, readonly string[]>): void {
  const [name, body] = [childOf(piece, "id") ?? childOf(piece, "name"), childOf(piece, "body")];
  if (name === undefined || body === undefined) return;
  const words = text.slice(name.end, Math.min(body.start, name.end + MAX_HEAD_CHARS)).match(/[A-Za-z_$][\w$]*/g) ?? [];
  if (words.length > 0) bases.set(name.name, words);
}

/** Of a class's head, what is looked at for what it extends (UTF-16 units). */
const MAX_HEAD_CHARS = 400;

function fieldNames(piece: Piece): string[] {
  if (piece.kind === "class") return classAttributes(piece);
  if (piece.kind === "assign")
    return isSettable(childOf(piece, "right")) ? [/\.(#?[\w$]+)$/.exec(targetOf(piece))?.[1] ?? ""] : [];
  const declared = DECLARING[piece.type];
  return declared === undefined ? [] : declared(piece);
}

/** What a class of Python is given a name for. */
function classAttributes(piece: Piece): string[] {
  const statements = childOf(piece, "body")?.children.flatMap(({ children }) => children) ?? [];
  const given = statements.filter((one) => one.type === "assignment" && mayHold(childOf(one, "right")));
  return given.map((one) => targetOf(one));
}

const DECLARING: Readonly<Record<string, (piece: Piece) => string[]>> = {
  PropertyDefinition: (piece) => (mayHold(childOf(piece, "value")) ? [childOf(piece, "key")?.name ?? ""] : []),
  Property: (piece) => (mayHold(childOf(piece, "target")) ? [childOf(piece, "key")?.name ?? ""] : []),
  field_declaration: (piece) =>
    HOLDS_FUNCTION.has(childOf(piece, "type")?.type ?? "")
      ? piece.children.filter(({ role }) => DECLARED.has(role)).flatMap(boundNames)
      : [],
  field_initializer: (piece) => (mayHold(childOf(piece, "value")) ? boundNames(childOf(piece, "field") ?? piece) : []),
};

const DECLARED: ReadonlySet<string> = new Set(["declarator", "name"]);
/** Types of fields that may be called: functions of Go and Rust, and what C++ calls by a class of its own. */
const HOLDS_FUNCTION: ReadonlySet<string> = new Set([
  "function_type",
  "template_type",
  "qualified_identifier",
  "type_identifier",
  "generic_type",
  "dynamic_type",
]);

/** What is set on something may be set again, functions too. */
function isSettable(value: Piece | undefined): boolean {
  return mayHold(value) || (value !== undefined && unwrap(value).kind === "function");
}

/** A function written in place is known by its name; what is no function holds none. */
function mayHold(value: Piece | undefined): boolean {
  if (value === undefined) return false;
  const { kind, type } = unwrap(value);
  return HOLDING.has(kind) || type === "lambda";
}

const HOLDING: ReadonlySet<string> = new Set(["name", "member", "call", "branch", "or", "and"]);
