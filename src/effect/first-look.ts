import { spawnSync } from "node:child_process";
import { basename, dirname } from "node:path";
import { MAX_GIT_OUTPUT_BYTES, MAX_GIT_TIME_MS } from "../kernel/bounds.js";
import { placeOf } from "./commit-header.js";
import { readerArguments, readerEnvironment } from "./history.js";
import { isPlainName, parseObjects, type ReadObject } from "./object-reader.js";
import { isAmbiguous, longNames } from "./ref-name.js";
import { entryNamed } from "./tree-object.js";

interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Two commits between which nothing differs. */
export interface Sameness {
  readonly base: string;
  readonly head: string;
}

/**
 * Whether HEAD holds just what a base does, on top of it or at it, and the base has no file of this path: one run of git,
 * waited for. Undefined where that is not so, or cannot be told in one look; what git says of it is left to the next
 * one who asks. `file` lies in a folder of the top.
 */
export function sameWithout(file: string, base: string, place: Place): Sameness | undefined {
  if (!isPlainName(base)) return undefined;
  const folder = dirname(file);
  const rivals = longNames(base).map((name) => `${name}^{commit}`);
  const asked = [`${base}^{commit}`, "HEAD^{commit}", `${base}^{tree}`, `${base}:${folder}`, ...rivals];
  const [from, head, tree, inside, ...found] = readOnce(asked, place);
  if (from === undefined || head === undefined || tree === undefined) return undefined;
  if (
    isAmbiguous(
      base,
      found.map((object) => object?.id),
    )
  )
    return undefined;
  const same = isSame(from, head) && lacks(tree, inside, { folder, name: basename(file) });
  return same ? { base: from.id, head: head.id } : undefined;
}

/** Objects by name; none where git could not be run or found no repository. */
function readOnce(names: readonly string[], { cwd, env }: Place): (ReadObject | undefined)[] {
  const { status, stdout } = spawnSync("git", readerArguments(["cat-file", "--batch"]), {
    cwd,
    env: readerEnvironment(cwd, env),
    input: names.map((name) => `${name}\n`).join(""),
    maxBuffer: MAX_GIT_OUTPUT_BYTES,
    timeout: MAX_GIT_TIME_MS,
  });
  return status === 0 ? parseObjects(stdout) : [];
}

/** The same commit, or one on top of it that changes nothing. */
function isSame(from: ReadObject, head: ReadObject): boolean {
  if (from.id === head.id) return true;
  const [before, after] = [from, head].map(({ content }) => placeOf(content.toString("latin1")));
  return before?.tree === after?.tree && after?.parents.includes(from.id) === true;
}

/** A folder that is there and was not given may hold anything. */
function lacks(
  tree: ReadObject,
  inside: ReadObject | undefined,
  { folder, name }: { folder: string; name: string },
): boolean {
  const idBytes = tree.id.length / 2;
  const entry = entryNamed(tree.content, folder, idBytes);
  if (entry === undefined) return true;
  return inside?.id === entry.id && inside.type === "tree" && entryNamed(inside.content, name, idBytes) === undefined;
}
