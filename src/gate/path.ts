import { MAX_PATH_BYTES } from "../kernel/bounds.js";
import { err, ok, type Result } from "../kernel/result.js";
import { HIDDEN_CHARACTERS } from "../kernel/visible.js";

/** Longest name of one file or folder (UTF-8 bytes). */
const MAX_NAME_BYTES = 255;
const PLAIN_ASCII = /^[\x20-\x7e]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** NUL, CR, LF and the backslash never belong in a path an agent names. */
const FORBIDDEN = /[\0\r\n\\]/;

const HIDDEN = new RegExp(HIDDEN_CHARACTERS, "u");

/**
 * The path rules (contract, DESIGN §7). One prefix, the workspace root as shown to the agent, and one
 * leading `./` are removed; what remains is refused, never repaired. The error says which rule broke.
 */
export function resolvePath(raw: string, shownRoot: string): Result<string, string> {
  const path = withoutRoot(raw, shownRoot);
  const fault = pathFault(path);
  return fault === undefined ? ok(path) : err(fault);
}

function withoutRoot(raw: string, shownRoot: string): string {
  const root = shownRoot.endsWith("/") ? shownRoot : `${shownRoot}/`;
  const path = raw.startsWith(root) ? raw.slice(root.length) : raw;
  return path.startsWith("./") ? path.slice(2) : path;
}

/** Whether a raw path names the workspace root itself, as tools that look through folders may. */
export function isRoot(raw: string, shownRoot: string): boolean {
  return raw === "." || raw === "./" || raw === shownRoot || raw === `${shownRoot}/`;
}

/** Why a repository-relative path is refused, or undefined. */
export function pathFault(path: string): string | undefined {
  if (path === "") return "the path is empty";
  if (path.length > MAX_PATH_BYTES) return `the path is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.startsWith("/")) return "the path is outside the workspace";
  const plain = PLAIN_ASCII.test(path);
  return characterFault(path, plain) ?? firstSegmentFault(path, plain);
}

function characterFault(path: string, plain: boolean): string | undefined {
  if (plain ? path.includes("\\") : FORBIDDEN.test(path)) return "the path has a NUL, line break or backslash";
  return plain ? undefined : unicodeFault(path);
}

function unicodeFault(path: string): string | undefined {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `the path is longer than ${MAX_PATH_BYTES} bytes`;
  if (LONE_SURROGATE.test(path) || path.normalize("NFC") !== path) return "the path is not in Unicode NFC form";
  return HIDDEN.test(path) ? "the path has a character that is not seen or that turns the text around it" : undefined;
}

function firstSegmentFault(path: string, plain: boolean): string | undefined {
  for (let start = 0; start <= path.length; ) {
    const slash = path.indexOf("/", start);
    const end = slash === -1 ? path.length : slash;
    const fault = segmentFault(path.slice(start, end), plain);
    if (fault !== undefined) return fault;
    start = end + 1;
  }
  return undefined;
}

function segmentFault(segment: string, plain: boolean): string | undefined {
  if (segment === "") return "the path has an empty segment";
  if (segment === "." || segment === "..") return `the path has a '${segment}' segment`;
  if (segment.endsWith(".") || segment.endsWith(" ")) return "a segment ends in a dot or a space";
  if (isTooLong(segment)) return `a segment is longer than ${MAX_NAME_BYTES} bytes`;
  return isGitName(segment, plain) ? "'.git' is never touched" : undefined;
}

function isTooLong(segment: string): boolean {
  return segment.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(segment) > MAX_NAME_BYTES;
}

/** Code points that some file systems ignore, so that `.g<U+200C>it` would be `.git` there. */
const IGNORABLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

/** A name as file systems that ignore case, width and invisible characters compare it. */
export function foldName(name: string): string {
  return PLAIN_ASCII.test(name) ? name.toLowerCase() : name.replace(IGNORABLE, "").normalize("NFKC").toLowerCase();
}

/** What a plain name of git's begins with. */
const MAY_BE_GIT = /^[.g]/i;

function isGitName(segment: string, plain: boolean): boolean {
  if (plain && !MAY_BE_GIT.test(segment)) return false;
  const folded = plain ? segment.toLowerCase() : foldName(segment);
  return folded === ".git" || folded === "git~1" || folded.startsWith(".git:");
}
