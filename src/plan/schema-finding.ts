import type { z } from "zod";
import { type DataPath, error, type Finding } from "./plan-fault.js";

type Issue = z.core.$ZodIssue;

/** Codes of zod's kinds of issue; a message of our own may name another as `code|message`. */
const CODES: Record<string, string> = {
  unrecognized_keys: "unknown-key",
  invalid_type: "wrong-type",
  invalid_value: "invalid-value",
  invalid_union: "invalid-value",
  invalid_key: "bad-id",
  too_small: "out-of-range",
  too_big: "out-of-range",
  invalid_format: "bad-format",
  not_multiple_of: "out-of-range",
};

/** Value at a path of plain data; undefined when there is none. */
export function valueAt(data: unknown, path: DataPath): unknown {
  let value = data;
  for (const key of path) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** A path without symbols, as zod gives it. */
export function plainPath(path: readonly PropertyKey[]): DataPath {
  return path.map((key) => (typeof key === "number" ? key : String(key)));
}

/** Findings of one zod issue over `data`. A missing key is reported at the object that lacks it. */
export function findingsOf(issue: Issue, data: unknown): Finding[] {
  const path = plainPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => error([...path, key], "unknown-key", `unknown key '${key}'${inside(path)}`));
  }
  const key = path.at(-1);
  if (key !== undefined && valueAt(data, path) === undefined && issue.code !== "custom") {
    return [error(path.slice(0, -1), "missing-key", `'${key}' is required${inside(path.slice(0, -1))}`)];
  }
  const { code, message } = splitMessage(issue);
  return [error(path, code, `${message}${inside(path)}`)];
}

function splitMessage(issue: Issue): { code: string; message: string } {
  const message = innerMessage(issue);
  const bar = message.indexOf("|");
  if (bar > 0 && /^[a-z-]+$/.test(message.slice(0, bar))) {
    return { code: message.slice(0, bar), message: message.slice(bar + 1) };
  }
  return { code: CODES[issue.code] ?? "invalid-value", message };
}

function innerMessage(issue: Issue): string {
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  return issue.message;
}

function inside(path: DataPath): string {
  return path.length === 0 ? "" : ` (at ${path.join(".")})`;
}
