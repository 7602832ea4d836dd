/** What a call leads to. */
export interface Target {
  /** Functions of the graph; several where it cannot be told which. */
  readonly nodes: readonly number[];
  /**
   * `known`: exactly these; `possible`: one of them, or something else; `value`: whatever a variable holds;
   * `outside`: nothing that was read.
   */
  readonly how: "known" | "possible" | "value" | "outside";
  /** One of the functions that it never is: a list of all of a name is the same for all who ask. */
  readonly but?: number;
}

/** Nothing that was read. */
export const OUTSIDE: Target = { nodes: [], how: "outside" };
/** Whatever a variable holds. */
export const VALUE: Target = { nodes: [], how: "value" };

/** What a call is known to lead to: one of several, where there are more. */
export function known(nodes: readonly number[]): Target {
  return nodes.length === 0 ? OUTSIDE : { nodes, how: nodes.length === 1 ? "known" : "possible" };
}
