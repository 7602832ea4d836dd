import { childOf, type Piece, unwrap } from "./piece.js";

/** What a piece keeps to be called some time, or runs without the brackets of a call. */
export function keptAt(piece: Piece): readonly Piece[] {
  const use = USES[piece.type]?.(piece);
  if (!KEEPING.has(piece.kind) && !PAIRS.has(piece.type)) return use === undefined ? NONE : [use];
  const kept = keptBy(piece).map(unwrap);
  return use === undefined ? kept : [use, ...kept];
}

const NONE: readonly Piece[] = [];

/** `T t(f)` of C++ keeps what stands in the brackets. */
function keptBy({ children }: Piece): Piece[] {
  const kept: Piece[] = [];
  for (const one of children)
    if (KEPT.has(one.role)) kept.push(...(one.type === "argument_list" ? one.children : [one]));
  return kept;
}

const KEEPING: ReadonlySet<string> = new Set(["assign", "bind", "leave"]);
const KEPT: ReadonlySet<string> = new Set(["right", "init", "argument", "value", "target"]);
const PAIRS: ReadonlySet<string> = new Set([
  "initializer_pair",
  "init_declarator",
  "Property",
  "pair",
  "keyed_element",
]);

/** What is run without the brackets of a call: JSX's elements, Go's `f[T](x)`, words that look like macros. */
const USES: Readonly<Record<string, (piece: Piece) => Piece | undefined>> = {
  JSXOpeningElement: (piece) => childOf(piece, "name"),
  Decorator: ({ children: [only] }) => only,
  decorator: ({ children: [only] }) => only,
  type_conversion_expression: ({ children: [type] }) => {
    const [name] = type?.type === "generic_type" ? type.children : [];
    return name === undefined ? undefined : { ...name, kind: "name" };
  },
  expression_statement: ({ children: [only] }) => (only?.kind === "name" ? only : undefined),
  identifier: (piece) => (piece.role !== "callee" && /^[A-Z][A-Z0-9_]*$/.test(piece.name) ? piece : undefined),
};
