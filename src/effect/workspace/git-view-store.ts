import { constants } from "node:fs";
import { copyFile, link, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { minimalConfig } from "../git/git-directory.js";
import { copyIndex } from "../git/index-copy.js";
import { packNames } from "../git/pack-names.js";
import type { Repository } from "../repository/repository.js";
import type { TaskWorkspace } from "./workspace.js";

/** Names of the folders that hold stores made for commands, in the folder of each workspace. */
export const VIEW_PREFIX = "git-view.";

/** What a store of objects made for commands is to hold. */
export interface ShownHistory {
  /** Every object, by its name. */
  readonly objects: ReadonlySet<string>;
  /** Commits whose parents are left out. */
  readonly cutOff: readonly string[];
  /** The branch that is checked out, or nothing. */
  readonly head: string;
  /** Lines of `packed-refs`, in order of the refs' names. */
  readonly refs: readonly string[];
  /** Paths that the base commit holds and the store does not. */
  readonly without: readonly string[];
}

/** Makes a git directory for commands at `place`, which holds what is shown and nothing else. Throws Fault GIT_FAILED. */
export async function makeStore(
  repository: Repository,
  workspace: TaskWorkspace,
  at: { readonly place: string; readonly shown: ShownHistory },
): Promise<void> {
  const { place, shown } = at;
  const { git, gitDir } = workspace;
  const worktree = join(place, "worktrees", basename(gitDir));
  for (const folder of ["objects/pack", "refs/heads"]) await mkdir(join(place, folder), { recursive: true });
  await mkdir(worktree, { recursive: true });
  await fillStore(repository, workspace, { packs: join(place, "objects/pack"), objects: shown.objects });
  const config = minimalConfig(await readFile(join(repository.commonDir, "config"), "utf8"));
  await writeFile(join(place, "config"), config.replace(/^\trefstorage = .*\n/m, "")); // refs are files here
  if (shown.cutOff.length > 0) await writeFile(join(place, "shallow"), shown.cutOff.map(endLine).join(""));
  await writeFile(join(worktree, "HEAD"), `${shown.head === "" ? workspace.baseCommit : `ref: ${shown.head}`}\n`);
  await writeFile(join(worktree, "commondir"), "../..\n");
  await writeFile(
    join(place, "packed-refs"),
    ["# pack-refs with: peeled fully-peeled sorted ", ...shown.refs].map(endLine).join(""),
  );
  const indexFile = join(worktree, "index");
  await copyIndex(join(gitDir, "index"), indexFile);
  if (shown.without.length === 0) return;
  const input = shown.without.map((path) => `${path}\0`).join("");
  await git.run(["update-index", "--skip-worktree", "-z", "--stdin"], { indexFile, input });
}

function endLine(line: string): string {
  return `${line}\n`;
}

/** A smaller pack that lacks some of the rest is packed anew with it, so that a cycle of many merges does not end with as many packs. */
const LEAST_LINKED_OBJECTS = 1_000;

/** Packs that hold nothing else are linked, as they never change; the rest is packed anew. */
async function fillStore(
  repository: Repository,
  workspace: TaskWorkspace,
  { packs, objects }: { packs: string; objects: ReadonlySet<string> },
): Promise<void> {
  const missing = new Set(objects);
  for (const index of await packIndexes(repository, workspace)) {
    if (missing.size === 0) return;
    const least = Math.min(LEAST_LINKED_OBJECTS, missing.size);
    const names = await linkable(index, { nameBytes: workspace.baseCommit.length / 2, least, objects });
    if (names.some((name) => missing.has(name)) && (await linkPack(index, packs)))
      for (const name of names) missing.delete(name);
  }
  if (missing.size === 0) return;
  const input = [...missing].map(endLine).join("");
  // Made where it is to lie: a pack in the making is renamed, and the state may be on another disk than the repository.
  const where = { into: dirname(packs), from: join(repository.commonDir, "objects") };
  await workspace.git.run(["pack-objects", "--quiet", join(packs, "pack")], { input, objects: where });
}

/** What a pack holds, where all of it is shown and it is worth a link; else nothing. */
async function linkable(
  index: string,
  { nameBytes, least, objects }: { nameBytes: number; least: number; objects: ReadonlySet<string> },
): Promise<string[]> {
  const names = await packNames(index, { nameBytes, most: objects.size }).catch(() => undefined); // gone meanwhile
  if (names === undefined || names.length < least) return [];
  return names.every((name) => objects.has(name)) ? names : [];
}

/** Indexes of the repository's packs and of those made for commands before, which later ones share. */
async function packIndexes(repository: Repository, { taskDir }: TaskWorkspace): Promise<string[]> {
  const tasks = dirname(taskDir);
  const views: string[] = [];
  for (const task of await namesIn(tasks))
    for (const name of await namesIn(join(tasks, task)))
      if (name.startsWith(VIEW_PREFIX)) views.push(join(tasks, task, name));
  const found = new Map<string, string>();
  for (const store of [repository.commonDir, ...views]) {
    const folder = join(store, "objects/pack");
    for (const name of await namesIn(folder)) if (name.endsWith(".idx")) found.set(name, join(folder, name));
  }
  return [...found.values()];
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

/** Links a pack, or copies it where that cannot be; false where it cannot be had. The index comes last: without it there is no pack. */
async function linkPack(index: string, into: string): Promise<boolean> {
  try {
    for (const file of [index.replace(/idx$/, "pack"), index]) {
      const to = join(into, basename(file));
      await link(file, to).catch(() => copyFile(file, to, constants.COPYFILE_FICLONE));
    }
    return true;
  } catch {
    return false; // removed by a git at work meanwhile: its objects are packed anew
  }
}
