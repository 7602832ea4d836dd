import type { z } from "zod";
import { pathKey } from "./document.js";
import type { DataPath } from "./plan-fault.js";
import { plainPath, valueAt } from "./schema-finding.js";

type Issue = z.core.$ZodIssue;
type Container = Record<string | number, unknown>;

/**
 * Replaces malformed values so that the linter can look at the rest: a fault of form must not hide
 * faults of meaning. Findings about a repaired value are void, and `repaired` says which those are.
 */
export interface Repair {
  data: unknown;
  /** Keys (`pathKey`) of values that were dropped or replaced. */
  repaired: Map<string, DataPath>;
  /** Number given to placeholders, so that they stay unique. */
  count: number;
}

/** Starts a repair on a copy of `data`. */
export function startRepair(data: unknown): Repair {
  return { data: structuredClone(data), repaired: new Map(), count: 0 };
}

/** Applies one round of repairs for `issues`. */
export function repair(state: Repair, issues: readonly Issue[]): void {
  for (const issue of issues) {
    const path = plainPath(issue.path);
    if ("discriminator" in issue) {
      drop(state, path.slice(0, -1));
    } else if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) drop(state, [...path, key]);
    } else {
      replace(state, path, issue);
    }
  }
}

function containerOf(state: Repair, path: DataPath): Container | undefined {
  const container = valueAt(state.data, path.slice(0, -1));
  return container !== null && typeof container === "object" ? (container as Container) : undefined;
}

function drop(state: Repair, path: DataPath): void {
  const container = containerOf(state, path);
  const key = path.at(-1);
  if (container === undefined || key === undefined) return;
  state.repaired.set(pathKey(path), path);
  delete container[key];
}

/** First drops the value (it may be optional); when it is missing or in a list, puts a placeholder. */
function replace(state: Repair, path: DataPath, issue: Issue): void {
  const container = containerOf(state, path);
  const key = path.at(-1);
  if (container === undefined || key === undefined) return;
  const present = Object.hasOwn(container, key);
  if (present && !Array.isArray(container)) return drop(state, path);
  state.repaired.set(pathKey(path), path);
  state.count += 1;
  container[key] = placeholder(issue, state.count);
}

const BY_TYPE: Record<string, (count: number) => unknown> = {
  array: () => [{}],
  object: () => ({}),
  record: () => ({}),
  number: () => 1,
  int: () => 1,
  boolean: () => false,
};

function placeholder(issue: Issue, count: number): unknown {
  if (issue.code === "invalid_value") return issue.values[0];
  if (issue.code === "invalid_union") return 1;
  const expected = issue.code === "invalid_type" ? issue.expected : "string";
  return (BY_TYPE[expected] ?? ((n: number) => `repaired-${n}`))(count);
}

/** Whether a repaired value is at `path` or above it. */
export function isRepaired(state: Repair, path: DataPath): boolean {
  for (let length = 1; length <= path.length; length += 1) {
    if (state.repaired.has(pathKey(path.slice(0, length)))) return true;
  }
  return false;
}

/** Whether a repaired value is somewhere below `path`. */
export function hasRepairBelow(state: Repair, path: DataPath): boolean {
  const below = (other: DataPath) => other.length > path.length && path.every((key, index) => other[index] === key);
  return [...state.repaired.values()].some(below);
}
