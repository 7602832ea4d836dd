import { below, type Piece, unwrap } from "../piece.js";

/** Where a member begins in the text of a name. */
const JOINTS = /\?\.|\.|->|::|\[/g;
/** Names that are the same as long as a program runs. */
const CONSTANT = /(?:^|[.:>])(?:[A-Z][A-Z0-9_]*|Max[A-Z]\w*)$/;

/** A name of one word. */
const PLAIN = /^[\w$#]*$/;
const NO_OWNERS: readonly string[] = [];

/** Words for the object that a method belongs to. */
export const SELVES: ReadonlySet<string> = new Set(["this", "self", "cls", "super"]);

/** What a name is reached through, the nearest last: `a` and `a.b` of `a.b.c`, `p` of `*p`. */
export function ownersOf(name: string): readonly string[] {
  if (PLAIN.test(name) || CONSTANT.test(name)) return NO_OWNERS;
  if (name.startsWith("*")) return [name.slice(1)];
  return [...name.matchAll(JOINTS)].map(({ index }) => name.slice(0, index)).filter((owner) => owner !== "");
}

/** The last part of a member, `*` for what a pointer points at, `[]` for an element; empty for a plain name. */
export function fieldOf(name: string): string {
  if (name.startsWith("*")) return "*";
  if (name.endsWith("]")) return "[]";
  return /(?:\.|->)([\w$#]+)$/.exec(name)?.[1] ?? "";
}

/** What a piece names, with what a pointer points at as `*p`; words after a dot and called ones are no names of it. */
export function namesIn(piece: Piece): readonly string[] {
  const known = named.get(piece) ?? readNames(piece);
  named.set(piece, known);
  return known;
}

/** What loops compare is asked for by each loop around it, and by each jump. */
const named = new WeakMap<Piece, readonly string[]>();

function readNames(piece: Piece): readonly string[] {
  const parts = below(piece);
  const fields = new Set(
    parts.filter(({ kind, op }) => kind === "member" && op === ".").map((at) => at.children.at(-1)),
  );
  return parts.flatMap((part) => {
    const pointed = pointedName(part);
    if (pointed !== "") return [pointed];
    const isName = part.name !== "" && part.kind !== "literal" && part.type !== "field_identifier";
    const isCalled = part.kind === "name" && part.role === "callee";
    return isName && !isCalled && !fields.has(part) ? [part.name] : [];
  });
}

/** `*p` of C, C++, Go and Rust. */
export function pointedName({ type, op, children }: Piece): string {
  const name = op === "*" && POINTING.test(type) ? unwrap(children[0] ?? NOTHING).name : "";
  return name === "" ? "" : `*${name}`;
}

const POINTING = /^(?:pointer|unary)_expression$/;
const NOTHING: Piece = { kind: "other", type: "", role: "", start: 0, end: 0, op: "", name: "", children: [] };
