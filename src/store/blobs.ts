import { BLOB_THRESHOLD_CHARS } from "../kernel/bounds.js";
import { canonicalJson, sha256Hex } from "../kernel/canonical.js";

/**
 * Strings longer than BLOB_THRESHOLD_CHARS stand in the log as `{"$blob": "<sha256>"}`; their text is
 * kept once. A real member named `$blob` gets one more `$` on the way in and loses it on the way out.
 */
const REFERENCE = "$blob";
const ESCAPABLE = /^\$+blob$/;
const ESCAPED = /^\$\$+blob$/;

/** A payload as it is stored: canonical JSON, and the texts it refers to. */
export interface Packed {
  readonly text: string;
  readonly blobs: ReadonlyMap<string, string>;
}

/** Packs a payload for the log. */
export function packPayload(payload: unknown): Packed {
  const plain = canonicalJson(payload);
  const blobs = new Map<string, string>();
  if (plain.length <= BLOB_THRESHOLD_CHARS && !plain.includes(REFERENCE)) return { text: plain, blobs };
  return { text: canonicalJson(replace(payload, blobs)), blobs };
}

/** Depth is bounded: canonicalJson has walked the same value before. */
function replace(value: unknown, blobs: Map<string, string>): unknown {
  if (typeof value === "string") return value.length > BLOB_THRESHOLD_CHARS ? keepText(value, blobs) : value;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => replace(item, blobs));
  return mapMembers(
    value,
    (key) => (ESCAPABLE.test(key) ? `$${key}` : key),
    (member) => replace(member, blobs),
  );
}

function keepText(text: string, blobs: Map<string, string>): { [REFERENCE]: string } {
  const hash = sha256Hex(text);
  blobs.set(hash, text);
  return { [REFERENCE]: hash };
}

function mapMembers(value: object, key: (name: string) => string, member: (inner: unknown) => unknown): object {
  const pairs = Object.entries(value).map(([name, inner]) => [key(name), member(inner)] as const);
  return Object.fromEntries(pairs);
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
  return mapMembers(
    value,
    (key) => (ESCAPED.test(key) ? key.slice(1) : key),
    (member) => restore(member, read),
  );
}
