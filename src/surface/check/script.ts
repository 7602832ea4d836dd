import type { History } from "../../effect/git/history.js";
import { readBlobs } from "../../effect/git/history-files.js";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { languageOf } from "../../measure/language.js";
import type { Selection } from "./selection.js";

/** A file of a tree whose name may say nothing of what it holds. */
export interface NamedBlob {
  readonly path: string;
  readonly object: string;
}

/** Files looked into at a time, so that memory stays bounded. */
const FILES_AT_A_TIME = 400;
/** Bytes of a file in which its first line, if it names a program, ends. */
const MAX_HASHBANG_BYTES = 512;

/**
 * Beginnings of scripts by path: files whose names say nothing and whose first line names a program of a measured
 * language, less what the policy leaves out by name.
 */
export async function findScripts(
  history: History,
  files: readonly NamedBlob[],
  selection: Selection,
): Promise<ReadonlyMap<string, string>> {
  const unknown = files.filter(({ path }) => languageOf(path) === undefined && !selection.isLeftOut(path));
  const scripts = new Map<string, string>();
  for (let start = 0; start < unknown.length; start += FILES_AT_A_TIME) {
    const part = unknown.slice(start, start + FILES_AT_A_TIME);
    const objects = part.map(({ object }) => object);
    const blobs = await readBlobs(history, objects, MAX_FILE_BYTES);
    for (const { path, object } of part) {
      const content = blobs.get(object);
      const head = typeof content === "object" ? content.toString("latin1", 0, MAX_HASHBANG_BYTES) : "";
      if (languageOf(path, head) !== undefined) scripts.set(path, head);
    }
  }
  return scripts;
}
