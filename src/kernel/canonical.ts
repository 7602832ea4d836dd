import { hash } from "node:crypto";
import { assert } from "./assert.js";
import { MAX_JSON_DEPTH } from "./bounds.js";
import { sortedKeys } from "./sorted-keys.js";

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
  if (Array.isArray(value)) return writeArray(value, depth);
  return writeObject(value as Record<string, unknown>, depth);
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = "[";
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) text += ",";
    text += write(items[index], depth + 1);
  }
  return `${text}]`;
}

function writeObject(value: Record<string, unknown>, depth: number): string {
  let text = "{";
  for (const key of sortedKeys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    if (text.length > 1) text += ",";
    text += keyText(key) + write(member, depth + 1);
  }
  return `${text}}`;
}

/** Most keys whose text is remembered, and the longest of them: what worknode writes has a few hundred, all short. */
const MAX_KNOWN_KEYS = 1_024;
const MAX_KNOWN_KEY_CHARS = 64;
const knownKeys = new Map<string, string>();

/** A key as JSON with its colon. The first keys met are remembered; a key always has the same text. */
function keyText(key: string): string {
  const known = knownKeys.get(key);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(key)}:`;
  if (knownKeys.size < MAX_KNOWN_KEYS && key.length <= MAX_KNOWN_KEY_CHARS) knownKeys.set(key, text);
  return text;
}

/** Levels of nesting kept of what another party sent: it is recorded within events, and those end at MAX_JSON_DEPTH. */
const MAX_FOREIGN_DEPTH = 32;

/**
 * A value that another party sent as JSON, with null in place of what cannot be recorded: a number that is none (`1e309`
 * is JSON), and what lies deeper than MAX_FOREIGN_DEPTH levels.
 */
export function recordable(value: unknown, depth = 0): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (value === null || typeof value !== "object") return value;
  if (depth >= MAX_FOREIGN_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item: unknown) => recordable(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, recordable(member, depth + 1)]));
}

/** SHA-256 of UTF-8 text or bytes, as 64 lower-case hex digits. */
export function sha256Hex(input: string | Uint8Array): string {
  return hash("sha256", input, "hex");
}

/** SHA-256 over the canonical JSON of a value, as hex. */
export function hashOf(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}

/** A copy of a JSON-like value, frozen through and through. Throws InvariantError beyond MAX_JSON_DEPTH levels. */
export function frozenCopy<T>(value: T, depth = 0): T {
  assert(depth <= MAX_JSON_DEPTH, "value nested too deeply to freeze");
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item: unknown) => frozenCopy(item, depth + 1))) as T;
  const members = Object.entries(value).map(
    ([name, member]) => [name, frozenCopy<unknown>(member, depth + 1)] as const,
  );
  return Object.freeze(Object.fromEntries(members)) as T;
}

/** Freezes a JSON-like value and everything in it, and returns it. */
export function deepFreeze<T>(value: T, depth = 0): T {
  assert(depth <= MAX_JSON_DEPTH, "value nested too deeply to freeze");
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member, depth + 1);
  return Object.freeze(value);
}
