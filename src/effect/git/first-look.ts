import { spawnSync } from "node:child_process";
import { MAX_GIT_OUTPUT_BYTES, MAX_GIT_TIME_MS } from "../../kernel/bounds.js";
import { placeOf } from "./commit-header.js";
import { splitNul } from "./git.js";
import { readerArguments, readerEnvironment } from "./history.js";
import { isPlainName, parseObjects, type ReadObject } from "./object-reader.js";
import { isAmbiguous, longNames } from "./ref-name.js";
import { entryNamed, type TreeEntry } from "./tree-object.js";

/** As git writes it in trees. */
const FOLDER = "40000";

interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Paths of a commit that are looked at: of files, what they hold, and of names, whether they are there. */
export interface Wanted {
  readonly files: readonly string[];
  readonly names: readonly string[];
}

/** What was seen of a commit. */
export interface Seen {
  /** What a file holds; null where there is none. Undefined where it was not asked for, or cannot be told. */
  content(path: string): Buffer | null | undefined;
  /** Whether a name that was asked for is one of what the commit lists: a file's, a link's or a submodule's. */
  lists(path: string): boolean;
}

/** Two commits between which nothing differs. */
export interface Sameness {
  readonly base: string;
  readonly head: string;
  /** What was seen of the base. */
  readonly seen: Seen;
}

/**
 * Whether HEAD holds just what a base does, on top of it or at it, and what is wanted of it: one run of git, waited for.
 * Undefined where nothing is the same, or it cannot be told in one look; what git says of it is left to the next one who
 * asks.
 */
export function sameAs(base: string, wanted: Wanted, place: Place): Sameness | undefined {
  if (!isPlainName(base)) return undefined;
  const rivals = longNames(base).map((name) => `${name}^{commit}`);
  const asked = [`${base}^{commit}`, "HEAD^{commit}", ...rivals, ...namesOf(base, wanted)];
  const found = readOnce(asked, place);
  const [from, head] = found;
  const ids = found.slice(2, 2 + rivals.length).map((each) => each?.id);
  if (from === undefined || head === undefined || isAmbiguous(base, ids) || !isSame(from, head)) return undefined;
  return { base: from.id, head: head.id, seen: seenIn(from, found) };
}

/** What is wanted of a commit, by its id: one more run of git. Undefined where it does not say. */
export function lookInto(commit: string, wanted: Wanted, place: Place): Seen | undefined {
  const found = readOnce([`${commit}^{commit}`, ...namesOf(commit, wanted)], place);
  return found[0] === undefined ? undefined : seenIn(found[0], found);
}

/** Names of the trees that lead to what is wanted, and of the files among it. */
function namesOf(commit: string, { files, names }: Wanted): string[] {
  const folders = [...files, ...names].flatMap((path) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  });
  const paths = new Set([...folders, ...files]);
  return [`${commit}^{tree}`, ...[...paths].map((path) => `${commit}:${path}`)].filter((name) => !/[\n\0]/.test(name));
}

/** Follows the trees from the top: git says the same of a path that is not there and of one whose object is not. */
function seenIn(commit: ReadObject, found: readonly (ReadObject | undefined)[]): Seen {
  const objects = new Map(found.flatMap((each) => (each === undefined ? [] : [[each.id, each]])));
  const top = placeOf(commit.content.toString("latin1"))?.tree ?? "";
  const entryOf = (path: string): TreeEntry | null | undefined => {
    let entry: TreeEntry | null | undefined = { mode: FOLDER, id: top };
    for (const name of path.split("/")) {
      const tree: ReadObject | undefined = objects.get(entry.id);
      if (tree?.type !== "tree") return undefined;
      entry = entryNamed(tree.content, name, tree.id.length / 2);
      if (entry === undefined) return null;
    }
    return entry;
  };
  return {
    content(path) {
      const entry = entryOf(path);
      if (entry === undefined || entry === null) return entry;
      return entry.mode.startsWith("100") ? objects.get(entry.id)?.content : undefined;
    },
    lists(path) {
      const entry = entryOf(path);
      return entry !== undefined && entry !== null && entry.mode !== FOLDER;
    },
  };
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
