/** A value a model gave where text was wanted; anything else counts as nothing. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
