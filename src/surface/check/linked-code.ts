import { dirname, posix } from "node:path";
import type { History } from "../../effect/git/history.js";
import { listTree, readBlobs } from "../../effect/git/history-files.js";
import { MAX_PATH_BYTES } from "../../kernel/bounds.js";
import { textOf, type UnreadableFile } from "./change.js";
import type { Selection } from "./selection.js";
import type { Subject } from "./subject.js";

/** A symbolic link of a tree: where it leads is what its blob says. */
export interface Link {
  readonly path: string;
  readonly object: string;
}

/**
 * Links that are named as code and do not lead to a regular file that is judged under its own name: what they lead to
 * would run without anybody having looked at it.
 */
export async function unjudgedLinks(
  history: History,
  links: readonly Link[],
  { subject, selection }: { subject: Subject; selection: Selection },
): Promise<UnreadableFile[]> {
  const named = links.filter(({ path }) => selection.isMeasured(path));
  if (named.length === 0) return [];
  const files = new Set((await listTree(history, subject.head)).map(({ path }) => path));
  const objects = named.map(({ object }) => object);
  const blobs = await readBlobs(history, objects, MAX_PATH_BYTES);
  const isJudged = ({ path, object }: Link): boolean => {
    const target = textOf(blobs.get(object));
    if (typeof target === "object") return false;
    const led = posix.join(dirname(path), target);
    return !posix.isAbsolute(target) && files.has(led) && selection.isMeasured(led);
  };
  const why = "is a symbolic link that leads to no file that is judged";
  return named.filter((link) => !isJudged(link)).map(({ path }) => ({ path, why }));
}
