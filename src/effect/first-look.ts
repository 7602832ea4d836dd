import { spawnSync } from "node:child_process";
import { basename, dirname } from "node:path";
import { MAX_GIT_OUTPUT_BYTES, MAX_GIT_TIME_MS } from "../kernel/bounds.js";
import { placeOf } from "./commit-header.js";
import { splitNul } from "./git.js";
import { readerArguments, readerEnvironment } from "./history.js";
import { isPlainName, parseObjects, type ReadObject } from "./object-reader.js";
import { isAmbiguous, longNames } from "./ref-name.js";
import { entryNamed, type TreeEntry } from "./tree-object.js";

interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Two commits between which nothing differs. */
export interface Sameness {
  readonly base: string;
  readonly head: string;
  /** What the file holds that was asked for; null where there is none. */
  readonly content: Buffer | null;
}

/**
 * Whether HEAD holds just what a base does, on top of it or at it, and what a file holds there: one run of git, waited
 * for. Undefined where nothing is the same, or it cannot be told in one look; what git says of it is left to the next
 * one who asks. `file` lies in a folder of the top.
 */
export function sameAs(base: string, file: string, place: Place): Sameness | undefined {
  if (!isPlainName(base)) return undefined;
  const folder = dirname(file);
  const rivals = longNames(base).map((name) => `${name}^{commit}`);
  const asked = [`${base}^{commit}`, "HEAD^{commit}", `${base}^{tree}`, `${base}:${folder}`, `${base}:${file}`];
  const [from, head, tree, inside, object, ...found] = readOnce([...asked, ...rivals], place);
  const ids = found.map((each) => each?.id);
  if (from === undefined || head === undefined || tree === undefined || isAmbiguous(base, ids)) return undefined;
  const content = contentOf({ tree, inside, object }, folder, basename(file));
  return isSame(from, head) && content !== undefined ? { base: from.id, head: head.id, content } : undefined;
}

/**
 * Names of everything in a commit that lies at or below some paths, or in all of it where one of them is empty.
 * Undefined where git does not say.
 */
export function namesBelow(commit: string, paths: readonly string[], place: Place): readonly string[] | undefined {
  const below = paths.includes("") ? [] : ["--", ...paths];
  const listing = runOnce(["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, ...below], place);
  return listing === undefined ? undefined : splitNul(listing.toString("utf8"));
}

/** Objects by name; none where git could not be run or found no repository. */
function readOnce(names: readonly string[], place: Place): (ReadObject | undefined)[] {
  const output = runOnce(["cat-file", "--batch"], place, names.map((name) => `${name}\n`).join(""));
  return output === undefined ? [] : parseObjects(output);
}

/** What a git wrote; undefined where it could not be run or did not end well. */
function runOnce(args: readonly string[], { cwd, env }: Place, input = ""): Buffer | undefined {
  const { status, stdout } = spawnSync("git", readerArguments(args), {
    cwd,
    env: readerEnvironment(cwd, env),
    input,
    maxBuffer: MAX_GIT_OUTPUT_BYTES,
    timeout: MAX_GIT_TIME_MS,
  });
  return status === 0 ? stdout : undefined;
}

/** The same commit, or one on top of it that changes nothing. */
function isSame(from: ReadObject, head: ReadObject): boolean {
  if (from.id === head.id) return true;
  const [before, after] = [from, head].map(({ content }) => placeOf(content.toString("latin1")));
  return before?.tree === after?.tree && after?.parents.includes(from.id) === true;
}

interface Given {
  readonly tree: ReadObject;
  readonly inside: ReadObject | undefined;
  readonly object: ReadObject | undefined;
}

/** A file by the trees that lead to it; null where they have none. Undefined for what they name and git did not give. */
function contentOf({ tree, inside, object }: Given, folder: string, name: string): Buffer | null | undefined {
  const idBytes = tree.id.length / 2;
  const above = entryNamed(tree.content, folder, idBytes);
  if (above === undefined) return null;
  if (inside?.id !== above.id || inside.type !== "tree") return undefined;
  const entry = entryNamed(inside.content, name, idBytes);
  return entry === undefined ? null : regularFile(entry, object);
}

function regularFile({ mode, id }: TreeEntry, object: ReadObject | undefined): Buffer | undefined {
  return mode.startsWith("100") && object?.id === id ? object.content : undefined;
}
