import { assert } from "../kernel/assert.js";
import { BLOB_THRESHOLD_CHARS, MAX_JSON_DEPTH } from "../kernel/bounds.js";
import { sortedKeys } from "../kernel/sorted-keys.js";
import { digest } from "./digest.js";

/**
 * Strings longer than BLOB_THRESHOLD_CHARS stand in the log as `{"$blob": "<sha256>"}`; their text is
 * kept once. A real member named `$blob` gets one more `$` on the way in and loses it on the way out.
 */
const REFERENCE = "$blob";
const ESCAPABLE = /^\$+blob$/;
const ESCAPED = /^\$\$+blob$/;
/** Member names whose quoted form is remembered. */
const MAX_QUOTED_NAMES = 2_048;

/** A payload as it is stored: canonical JSON, and the texts it refers to. */
export interface Packed {
  readonly text: string;
  readonly blobs: ReadonlyMap<string, string>;
}

const NO_BLOBS: ReadonlyMap<string, string> = new Map();
const quotedNames = new Map<string, string>();

/**
 * Packs a payload for the log in one pass: the bytes of `canonicalJson` (kernel) with long texts
 * replaced. Every event passes here, so it builds no copies. Throws InvariantError like `canonicalJson`.
 */
export function packPayload(payload: unknown): Packed {
  const blobs = new Map<string, string>();
  const text = write(payload, 0, blobs);
  return { text, blobs: blobs.size === 0 ? NO_BLOBS : blobs };
}

/** Canonical JSON of a value, nothing replaced: the same text whether the value comes from a caller or from the log. */
export function canonicalText(value: unknown): string {
  return write(value, 0, undefined);
}

/** Where long texts go; none are replaced, and no name is escaped, without it. */
type Blobs = Map<string, string> | undefined;

function write(value: unknown, depth: number, blobs: Blobs): string {
  if (typeof value === "string") return writeText(value, blobs);
  if (typeof value === "number") assert(Number.isFinite(value), "number is not finite");
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  assert(depth <= MAX_JSON_DEPTH, "JSON nested too deeply");
  if (Array.isArray(value)) return writeArray(value, depth + 1, blobs);
  return writeObject(value as Record<string, unknown>, depth + 1, blobs);
}

function writeText(text: string, blobs: Blobs): string {
  return blobs === undefined || text.length <= BLOB_THRESHOLD_CHARS ? JSON.stringify(text) : refer(text, blobs);
}

function writeArray(items: readonly unknown[], depth: number, blobs: Blobs): string {
  let text = "[";
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) text += ",";
    text += write(items[index], depth, blobs);
  }
  return `${text}]`;
}

function writeObject(value: Record<string, unknown>, depth: number, blobs: Blobs): string {
  let text = "{";
  for (const name of sortedKeys(value)) {
    const member = value[name];
    if (member === undefined) continue;
    if (text.length > 1) text += ",";
    text += (blobs === undefined ? `${JSON.stringify(name)}:` : quoteName(name)) + write(member, depth, blobs);
  }
  return `${text}}`;
}

/** `"name":`, escaped where it could be taken for a reference. */
function quoteName(name: string): string {
  const known = quotedNames.get(name);
  if (known !== undefined) return known;
  const quoted = `${JSON.stringify(ESCAPABLE.test(name) ? `$${name}` : name)}:`;
  if (quotedNames.size < MAX_QUOTED_NAMES) quotedNames.set(name, quoted);
  return quoted;
}

function refer(text: string, blobs: Map<string, string>): string {
  const hash = digest(text);
  blobs.set(hash, text);
  return `{"${REFERENCE}":"${hash}"}`;
}

/** Hashes of the texts a stored payload refers to. */
export function referencesIn(text: string): string[] {
  return [...text.matchAll(/"\$blob":"([0-9a-f]{64})"/g)].map((match) => match[1] ?? "");
}

/** The payload behind a stored text. `read` gives a text by its hash. */
export function unpackPayload(text: string, read: (hash: string) => string): unknown {
  const value: unknown = JSON.parse(text);
  return text.includes(REFERENCE) ? restore(value, read) : value;
}

function restore(value: unknown, read: (hash: string) => string): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => restore(item, read));
  const hash = (value as { [REFERENCE]?: unknown })[REFERENCE];
  if (typeof hash === "string") return read(hash);
  const pairs = Object.entries(value).map(([name, member]) => {
    return [ESCAPED.test(name) ? name.slice(1) : name, restore(member, read)] as const;
  });
  return Object.fromEntries(pairs);
}
