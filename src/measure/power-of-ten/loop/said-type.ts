/** What the text of a file says of names apart from its declarations, read once for all loops of the file. */
export interface SaidTypes {
  /** Whether a name stands in a declaration behind the word `volatile`. */
  readonly isVolatile: (name: string) => boolean;
  /** Bits of the first bit field of this name; undefined where there is none. */
  readonly bitsOf: (field: string) => number | undefined;
}

/** Each text is gone through when it is first asked about, and once. */
export function saidTypes(text: string): SaidTypes {
  let volatiles: ReadonlySet<string> | undefined;
  let bits: ReadonlyMap<string, number> | undefined;
  return {
    isVolatile: (name) => (volatiles ??= volatileNames(text)).has(name),
    bitsOf: (field) => (bits ??= bitFields(text)).get(field),
  };
}

/** A declaration goes on to a semicolon or a bracket; one that begins within another is part of that. */
function volatileNames(text: string): Set<string> {
  const runs = [...text.matchAll(/\bvolatile\b([^;{}()]*)/g)].map(([, run = ""]) => run);
  return new Set(runs.flatMap((run) => run.match(/\w+/g) ?? []));
}

function bitFields(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, field = "", bits] of text.matchAll(/\w\s+(\w+)\s*:\s*(\d+)\s*[;,]/g))
    if (!found.has(field)) found.set(field, Number(bits));
  return found;
}
