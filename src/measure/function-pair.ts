import type { FileMeasure, FunctionMeasure } from "./file-measure.js";

/** Knows whether a function with this token hash stands elsewhere in the base; a Set does. */
export interface HashLookup {
  has(tokenHash: string): boolean;
}

/** A new or changed function and what it was. */
export interface ChangedFunction {
  readonly now: FunctionMeasure;
  readonly was: FunctionMeasure | undefined;
}

/**
 * Functions of `after` that are new or differ from `before` (DESIGN §9). Those whose tokens stand in the base, here
 * or `elsewhere`, are unchanged, renamed or moved, and left out. What is left is paired by qualified name and order
 * with the functions of `before` that are left, so that an insertion before unchanged namesakes shifts nothing.
 */
export function changedFunctions(
  before: FileMeasure | undefined,
  after: FileMeasure,
  elsewhere: HashLookup,
): ChangedFunction[] {
  const earlier = before?.functions ?? [];
  const stays = new Set(after.functions.map(identityOf));
  const hashes = new Set(earlier.map((one) => one.token_hash));
  const left = groupByName(earlier.filter((one) => !stays.has(identityOf(one))));
  return after.functions
    .filter((one) => !hashes.has(one.token_hash) && !elsewhere.has(one.token_hash))
    .map((now) => ({ now, was: left.get(now.qualified_name)?.shift() }));
}

function identityOf(one: FunctionMeasure): string {
  return `${one.token_hash} ${one.qualified_name}`;
}

function groupByName(functions: readonly FunctionMeasure[]): Map<string, FunctionMeasure[]> {
  const groups = new Map<string, FunctionMeasure[]>();
  for (const one of functions) {
    const group = groups.get(one.qualified_name);
    if (group === undefined) groups.set(one.qualified_name, [one]);
    else group.push(one);
  }
  return groups;
}
