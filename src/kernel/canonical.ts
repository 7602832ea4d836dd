import { createHash } from "node:crypto";
import { assert } from "./assert.js";
import { MAX_JSON_DEPTH } from "./bounds.js";

/** A value JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Canonical JSON: object keys in code-unit order, no white space, `undefined` members dropped.
 * The same value always gives the same bytes; hashes and signatures are taken over them.
 * Throws InvariantError on non-finite numbers and beyond MAX_JSON_DEPTH levels.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  assert(depth <= MAX_JSON_DEPTH, "JSON nested too deeply");
  if (typeof value === "number") assert(Number.isFinite(value), "number is not finite");
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  return writeObject(value as Record<string, unknown>, depth);
}

function writeObject(value: Record<string, unknown>, depth: number): string {
  const parts: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) parts.push(`${JSON.stringify(key)}:${write(member, depth + 1)}`);
  }
  return `{${parts.join(",")}}`;
}

/** SHA-256 of UTF-8 text or bytes, as 64 lower-case hex digits. */
export function sha256Hex(input: string | Uint8Array): string {
  return createHash("sha256").update(input).digest("hex");
}

/** SHA-256 over the canonical JSON of a value, as hex. */
export function hashOf(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}

/** Freezes a JSON-like value and everything in it, and returns it. */
export function deepFreeze<T>(value: T, depth = 0): T {
  assert(depth <= MAX_JSON_DEPTH, "value nested too deeply to freeze");
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member, depth + 1);
  return Object.freeze(value);
}
