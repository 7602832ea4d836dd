import { childOf, type Piece } from "./piece.js";

/** `key=lambda x: …` of Python. */
export function namedValue(argument: Piece): Piece {
  return argument.type === "keyword_argument" ? (childOf(argument, "value") ?? argument) : argument;
}

/** `s.get()` of what the file declares as a `Supplier`. */
export function isSupplied(call: Piece, { name }: Piece, text: string): boolean {
  const on = /\w+$/.exec(childOf(call, "object")?.name ?? "")?.[0];
  return name === "get" && on !== undefined && new RegExp(`\\bSupplier<[^;=()]*>\\s+${on}\\b`).test(text);
}
