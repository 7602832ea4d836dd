import { MAX_PATH_BYTES } from "../kernel/bounds.js";
import { err, ok, type Result } from "../kernel/result.js";

const LONE_SURROGATE = /\p{Surrogate}/u;
/** NUL, CR, LF and the backslash never belong in a path an agent names. */
const FORBIDDEN = ["\0", "\r", "\n", "\\"];

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
  if (raw.startsWith(root)) return raw.slice(root.length);
  return raw.startsWith("./") ? raw.slice(2) : raw;
}

/** Why a repository-relative path is refused, or undefined. */
export function pathFault(path: string): string | undefined {
  if (path === "") return "the path is empty";
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `the path is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.startsWith("/")) return "the path is outside the workspace";
  if (FORBIDDEN.some((character) => path.includes(character))) return "the path has a NUL, line break or backslash";
  if (LONE_SURROGATE.test(path) || path.normalize("NFC") !== path) return "the path is not in Unicode NFC form";
  for (const segment of path.split("/")) {
    const fault = segmentFault(segment);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function segmentFault(segment: string): string | undefined {
  if (segment === "") return "the path has an empty segment";
  if (segment === "." || segment === "..") return `the path has a '${segment}' segment`;
  if (segment.endsWith(".") || segment.endsWith(" ")) return "a segment ends in a dot or a space";
  return isGitName(segment) ? "'.git' is never touched" : undefined;
}

/** Code points that some file systems ignore, so that `.g<U+200C>it` would be `.git` there. */
const IGNORABLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

function isGitName(segment: string): boolean {
  const plain = segment.replace(IGNORABLE, "").toLowerCase();
  return plain === ".git" || plain === "git~1" || plain.startsWith(".git:");
}
