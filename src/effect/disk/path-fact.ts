import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../../kernel/result.js";
import { openRegular } from "./file-content.js";

/** What is at a path of a worktree, seen without following any link (DESIGN §7, paths). */
export interface PathFact {
  readonly path: string;
  readonly kind: "missing" | "file" | "directory" | "other";
  /** A symbolic link on the way or at the end, or a file with a second name (hard link). */
  readonly linkOnTheWay: boolean;
  /** The component that is a link, relative to the worktree. */
  readonly link?: string;
}

/** Looks at every component of `path` below `worktree`. Only a missing component is expected; other errors count as `other`. */
export async function observePath(worktree: string, path: string): Promise<PathFact> {
  const segments = path.split("/");
  for (let index = 0; index < segments.length; index += 1) {
    const here = segments.slice(0, index + 1).join("/");
    const seen = observeComponent(join(worktree, here));
    if (seen === "link") return { path, kind: "other", linkOnTheWay: true, link: here };
    if (index === segments.length - 1) return { path, kind: seen, linkOnTheWay: false };
    if (seen !== "directory") return { path, kind: seen === "missing" ? "missing" : "other", linkOnTheWay: false };
  }
  return { path, kind: "other", linkOnTheWay: false };
}

function observeComponent(absolute: string): PathFact["kind"] | "link" {
  try {
    const stat = lstatSync(absolute, { throwIfNoEntry: false });
    if (stat === undefined) return "missing";
    if (stat.isSymbolicLink() || (stat.isFile() && stat.nlink > 1)) return "link";
    if (stat.isDirectory()) return "directory";
    return stat.isFile() ? "file" : "other";
  } catch {
    return "other";
  }
}

/** A read-only view of a worktree: relative paths in, never through a link, never anything but a regular file. */
export interface WorkspaceView {
  observe(path: string): Promise<PathFact>;
  /** The bytes, null where there is no such regular file, it is longer than `maxBytes`, or a link is on the way. */
  read(path: string, maxBytes: number): Promise<Buffer | null>;
}

/** The view of one worktree. */
export function viewWorkspace(worktree: string): WorkspaceView {
  return {
    observe: (path) => observePath(worktree, path),
    read: async (path, maxBytes) => {
      const fact = await observePath(worktree, path);
      return fact.kind === "file" ? readRegular(join(worktree, path), maxBytes) : null;
    },
  };
}

/** A file below a worktree, never through a link; null where there is no such regular file or it is too long. */
export function readBelow(worktree: string, path: string, maxBytes: number): Buffer | null {
  const segments = path.split("/");
  const folders = segments.slice(0, -1).map((_, index) => segments.slice(0, index + 1).join("/"));
  if (folders.some((folder) => observeComponent(join(worktree, folder)) !== "directory")) return null;
  return readNow(join(worktree, path), maxBytes);
}

/** Reads a regular file without following a link at its name; null when it is anything else or too long. */
export async function readRegular(absolute: string, maxBytes: number): Promise<Buffer | null> {
  return readNow(absolute, maxBytes);
}

/** The same, with the reason in words for whoever asked where it is not read: they can do something about either. */
export function readOrWhy(absolute: string, maxBytes: number): Result<Buffer, string> {
  const content = readNow(absolute, maxBytes);
  return content === null ? err(whyUnread(absolute, maxBytes)) : ok(content);
}

function whyUnread(absolute: string, maxBytes: number): string {
  try {
    const { size } = lstatSync(absolute);
    if (size > maxBytes)
      return `is ${size} bytes long, and no more than ${maxBytes} are read of a file: take a command (Bash) for it`;
    closeSync(openSync(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
    return "was changed while it was read; try again";
  } catch (thrown) {
    return `cannot be read (${(thrown as NodeJS.ErrnoException).code ?? "unknown"})`;
  }
}

function readNow(absolute: string, maxBytes: number): Buffer | null {
  const descriptor = openRegular(absolute);
  if (descriptor === undefined) return null;
  try {
    if (fstatSync(descriptor).size > maxBytes) return null;
    const content = readFileSync(descriptor);
    return content.length > maxBytes ? null : content;
  } finally {
    closeSync(descriptor);
  }
}
