import { sha256Hex } from "../kernel/canonical.js";

/** Version of the rules below; a change of any of them is a new version, with new vectors. */
const VERSION = "v1";
/** Hex digits of a fingerprint. */
const LENGTH = 16;
/** Characters of an error that are looked at. */
const MAX_ERROR_CHARS = 4_000;

/** Colours and cursor movements of terminals. */
const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]`, "g");

/**
 * What differs between two sightings of the same error, and what stands for it. In order: an earlier
 * rule must not eat what a later one looks for. Identifiers and error codes are kept.
 */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'`<>)\]]+/gi, "<url>"],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, "<email>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<uuid>"],
  [/\b\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?/g, "<date>"],
  [/\b\d\d:\d\d:\d\d(\.\d+)?\b/g, "<time>"],
  [/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, "<ip>"],
  [/\b(localhost|[a-z0-9-]+(\.[a-z0-9-]+)*\.(internal|local|com|org|net|io|dev|lan))(:\d+)?\b/gi, "<host>"],
  [/(?<![\w.])(?:[A-Za-z]:)?(?:[\w.@~+-]*[\\/])+([\w.@+-]+)/g, "$1"],
  [/\((\d+)[,:](\d+)\)/g, ":<pos>"],
  [/(\.[A-Za-z]{1,5}):\d+(:\d+)?/g, "$1:<pos>"],
  [/\bline \d+(,? col(umn)? \d+)?/gi, "<pos>"],
  [/\b0x[0-9a-f]+\b/gi, "<hex>"],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b/gi, "<hash>"],
  [/\b\d+(\.\d+)?\s?(ns|us|µs|ms|s|sec|seconds?|min|minutes?|h|hours?)\b/g, "<duration>"],
  [/"[^"\n]*"/g, "<value>"],
  [/`[^`\n]*[^\w`$\n][^`\n]*`/g, "<value>"],
  [/(?<!\w)'[^'\n]*[^\w'$\n][^'\n]*'(?!\w)/g, "<value>"],
  [/(?<![\w-])-?\d+(\.\d+)?(?![\w-])/g, "<n>"],
  [/\s+/g, " "],
];

/** `TS2345`, `E0308`, `ERR_MODULE_NOT_FOUND`, `ENOENT`, `SQLITE_BUSY`: names a tool gave the error itself. */
const CODE = /\b(TS\d{3,5}|[A-Z]{1,4}\d{3,5}|(?:ERR|SQLITE|ERROR)_[A-Z0-9_]+|E[A-Z]{4,})\b/;

/** A text without colours and cursor movements. */
export function stripColours(text: string): string {
  return text.replace(ANSI, "");
}

/** An error message without what differs from one sighting to the next. */
export function normaliseError(error: string): string {
  let text = stripColours(error.slice(0, MAX_ERROR_CHARS));
  for (const [pattern, replacement] of RULES) text = text.replace(pattern, replacement);
  return text.trim();
}

/** The error code in a message, or an empty string. */
export function errorCodeOf(error: string): string {
  return CODE.exec(error)?.[1] ?? "";
}

/**
 * What equal errors have in common, wherever and whenever they appear: 16 hex digits over the rules'
 * version, the type, the error code and the normalised message (test/vectors/fingerprints.json).
 */
export function fingerprintOf(type: string, error: string): string {
  return sha256Hex([VERSION, type, errorCodeOf(error), normaliseError(error)].join("\n")).slice(0, LENGTH);
}
