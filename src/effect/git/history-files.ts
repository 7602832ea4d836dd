import { invalid } from "../../kernel/fault.js";
import { splitNul } from "./git.js";
import type { History } from "./history.js";
import type { GitObject, ObjectReader, ReadObject } from "./object-reader.js";
import { entryNamed } from "./tree-object.js";

type Objects = Pick<History, "objects">;

/** A file of a tree. */
export interface TreeFile {
  readonly path: string;
  readonly object: string;
  readonly bytes: number;
  readonly executable: boolean;
}

/** The regular files of a tree or commit. Throws Fault GIT_FAILED. */
export async function listTree({ git }: Pick<History, "git">, tree: string): Promise<TreeFile[]> {
  const listing = await git.run(["ls-tree", "-r", "-l", "-z", tree]);
  return splitNul(listing).flatMap((line) => {
    const [, mode = "", object = "", bytes, path = ""] = /^100(\d+) blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(line) ?? [];
    return mode === "" ? [] : [{ path, object, bytes: Number(bytes), executable: mode === "755" }];
  });
}

/** The symbolic links of a tree or commit. Throws Fault GIT_FAILED. */
export async function listLinks(
  { git }: Pick<History, "git">,
  tree: string,
): Promise<Pick<TreeFile, "path" | "object">[]> {
  const listing = await git.run(["ls-tree", "-r", "-z", tree]);
  return splitNul(listing).flatMap((line) => {
    const found = /^120000 blob ([0-9a-f]+)\t(.*)$/s.exec(line);
    return found === null ? [] : [{ object: String(found[1]), path: String(found[2]) }];
  });
}

/** Names in one command line. */
const NAMES_AT_A_TIME = 500;

/** Objects of a tree by these of its paths; those it lacks are left out. Throws Fault GIT_FAILED. */
export async function listNamed(
  { git }: Pick<History, "git">,
  tree: string,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  for (let start = 0; start < paths.length; start += NAMES_AT_A_TIME) {
    const part = paths.slice(start, start + NAMES_AT_A_TIME);
    for (const line of splitNul(await git.run(["ls-tree", "-z", "--full-tree", tree, "--", ...part]))) {
      const [, object, path] = /^\d+ \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      if (object !== undefined && path !== undefined) objects.set(path, object);
    }
  }
  return objects;
}

/** Names of everything in a tree that is no folder, links and submodules included. Throws Fault GIT_FAILED. */
export async function listNames({ git }: Pick<History, "git">, tree: string): Promise<string[]> {
  return splitNul(await git.run(["ls-tree", "-r", "-z", "--name-only", tree]));
}

/** Bytes asked for at a time. */
const BYTES_AT_A_TIME = 24 * 1024 * 1024;

/** What a blob holds; what is longer than was asked for is `too-long`, what a clone lacks `missing`. */
export type BlobContent = Buffer | "too-long" | "missing";

/** Contents of blobs by id. Sizes come first: a huge file is never read. */
export async function readBlobs(
  { objects }: Objects,
  ids: Iterable<string>,
  maxBytes: number,
): Promise<Map<string, BlobContent>> {
  const wanted = [...new Set(ids)];
  const facts = await objects.describe(wanted);
  const contents = new Map<string, BlobContent>(wanted.map((id) => [id, "missing"]));
  const blobs = facts.filter((fact) => fact?.type === "blob").filter((fact) => fact !== undefined);
  for (const { id } of blobs.filter(({ bytes }) => bytes > maxBytes)) contents.set(id, "too-long");
  for (const part of inParts(blobs.filter(({ bytes }) => bytes <= maxBytes)))
    for (const read of await objects.read(part)) if (read !== undefined) contents.set(read.id, read.content);
  return contents;
}

function inParts(blobs: readonly GitObject[]): string[][] {
  const parts: string[][] = [];
  let left = 0;
  for (const { id, bytes } of blobs) {
    left -= bytes;
    if (left < 0 || parts.length === 0) {
      parts.push([]);
      left = BYTES_AT_A_TIME - bytes;
    }
    parts.at(-1)?.push(id);
  }
  return parts;
}

/**
 * A file of a commit or tree; null where it has none of that name. Git says the same of a path that is not there and of
 * one whose object is not, so the trees are read. Throws Fault MISSING_OBJECT, NO_REGULAR_FILE (exit 2).
 */
export async function readAt({ objects }: Objects, tree: string, path: string): Promise<Buffer | null> {
  let object = await present(objects, `${tree}^{tree}`);
  const names = path.split("/");
  for (const [index, name] of names.entries()) {
    const entry = object.type === "tree" ? entryNamed(object.content, name, object.id.length / 2) : undefined;
    if (entry === undefined) return null;
    if (index === names.length - 1 && !entry.mode.startsWith("100"))
      throw invalid("NO_REGULAR_FILE", `${path} is no regular file in ${tree.slice(0, 12)}.`);
    object = await present(objects, entry.id);
  }
  return object.content;
}

async function present(objects: ObjectReader, name: string): Promise<ReadObject> {
  const [object] = await objects.read([name]);
  if (object !== undefined) return object;
  throw invalid("MISSING_OBJECT", `this clone lacks ${name}, which is looked at. Fetch the whole repository.`);
}

/** Id of the tree that the index holds. Throws Fault UNMERGED (exit 2) in the middle of a merge. */
export async function indexTree({ git }: Pick<History, "git">): Promise<string> {
  const written = await git.attempt(["write-tree"]);
  if (written.code === 0) return written.stdout.toString("utf8").trim();
  throw invalid("UNMERGED", `what is staged is no tree yet (git says: ${written.stderr.trim()}). Resolve it first.`);
}
