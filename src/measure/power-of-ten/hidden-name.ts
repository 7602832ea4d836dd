import { isEcmaScript, type Language } from "../language.js";
import { calleeText } from "./loop/loop-write.js";
import { below, childOf, type Piece } from "./piece.js";

/**
 * Functions that run without being called, by the piece of each: getters and setters by `get x` and `set x`, methods
 * named by a symbol by that. Others run by their own names.
 */
export function hiddenNames(root: Piece, language: Language, text: string): Map<Piece, readonly string[]> {
  const found = new Map<Piece, readonly string[]>();
  if (!isEcmaScript(language) && language !== "python") return found;
  for (const piece of below(root)) {
    if (piece.type === "decorated_definition") noteDecorated(piece, text, found);
    else if (METHODS.has(piece.type)) noteMethod(piece, found);
    else if (piece.kind === "call") noteDefined(piece, found);
  }
  return found;
}

const METHODS: ReadonlySet<string> = new Set(["MethodDefinition", "Property"]);

function noteMethod(piece: Piece, found: Map<Piece, readonly string[]>): void {
  const body = piece.children.find(({ kind }) => kind === "function");
  const key = childOf(piece, "key")?.name ?? "";
  if (body === undefined) return;
  if (key.startsWith("Symbol.")) found.set(body, [key]);
  else if (ACCESSORS.has(piece.op)) {
    const any = piece.type === "Property" && piece.op === "get" ? ["get *"] : [];
    found.set(body, [`${piece.op} ${unquoted(key)}`, ...any]);
  }
}

/** `Object.defineProperty(o, "x", { get() { … } })` makes an accessor as well. */
function noteDefined(call: Piece, found: Map<Piece, readonly string[]>): void {
  if (!/^(?:Object|Reflect)\.defineProperty$/.test(calleeText(call))) return;
  const [, key, given] = call.children.filter(({ role }) => role === "argument");
  const name = key?.kind === "literal" ? unquoted(key.name) : "*";
  for (const property of given?.children ?? []) noteDescribed(property, name, found);
}

function noteDescribed(property: Piece, name: string, found: Map<Piece, readonly string[]>): void {
  const body = property.children.find(({ kind }) => kind === "function");
  const how = childOf(property, "key")?.name ?? "";
  if (body !== undefined && ACCESSORS.has(how)) found.set(body, [`${how} ${name}`, `${how} *`]);
}

function unquoted(name: string): string {
  return name.replace(/^(["'`])(.*)\1$/, "$2");
}

const ACCESSORS: ReadonlySet<string> = new Set(["get", "set"]);

/** What a decorator makes of a function may be a property; Python's own that make none are told. */
function noteDecorated(piece: Piece, text: string, found: Map<Piece, readonly string[]>): void {
  const body = piece.children.find(({ kind }) => kind === "function");
  if (body === undefined) return;
  const name = childOf(body, "name")?.name ?? "";
  const words = piece.children
    .filter(({ type }) => type === "decorator")
    .map(({ start, end }) => text.slice(start, end));
  if (words.some((word) => /\.(?:setter|deleter)\b/.test(word))) found.set(body, [`set ${name}`]);
  else if (words.some((word) => !PLAIN.test(word))) found.set(body, [`get ${name}`, name]);
}

const PLAIN =
  /^@\s*(?:\w+\.)*(?:staticmethod|classmethod|abstractmethod|override|final|overload|wraps|lru_cache|cache|contextmanager)\b/;
