import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isPattern } from "../../capability/pattern.js";
import { LINKS_FRESH_MS } from "../../kernel/bounds.js";
import { invalid } from "../../kernel/fault.js";
import { splitNul } from "../git/git.js";
import { userExcludes } from "../git/git-excludes.js";
import type { Repository } from "../repository/repository.js";
import type { LinkMount } from "../sandbox/spec.js";
import type { TaskWorkspace } from "./workspace.js";

/** Git-ignored folders that are linked unless the plan says otherwise, at any depth (DESIGN §8). */
const DEPENDENCIES: ReadonlySet<string> = new Set(["node_modules", ".venv", "venv"]);

/** Whether a folder of this name holds what a package manager installed. */
export function isDependency(name: string): boolean {
  return DEPENDENCIES.has(name);
}

/** Dependency folders that the plan's `prepare` made, by their paths below a directory of ours. */
export interface PreparedFolders {
  readonly directory: string;
  readonly paths: readonly string[];
}

/**
 * The dependency folders to mount: from the user's checkout, else from what was prepared. Those a plan names
 * must be there: a missing one is Fault MISSING_DEPENDENCY (exit 2) naming it.
 */
export async function resolveLinks(
  repository: Repository,
  named: readonly string[] | undefined,
  prepared: PreparedFolders = { directory: "", paths: [] },
): Promise<LinkMount[]> {
  const made = prepared.paths.map((path) => ({ path, source: join(prepared.directory, path) }));
  if (named === undefined) {
    const found = (await ignoredFolders(repository)).filter((path) => isDependency(basename(path)));
    return [...found.map((path) => mount(repository, path)), ...made.filter(({ path }) => !found.includes(path))];
  }
  return named.map((entry) => {
    const path = entry.replace(/\/+$/, "");
    if (!isPattern(path) && existsSync(join(repository.checkout, path))) return mount(repository, path);
    const folder = made.find((one) => one.path === path);
    if (folder !== undefined) return folder;
    throw invalid(
      "MISSING_DEPENDENCY",
      `workspace.link names ${entry}, and ${join(repository.checkout, entry)} does not exist. Install the project's dependencies first.`,
    );
  });
}

function mount(repository: Repository, path: string): LinkMount {
  return { path, source: join(repository.checkout, path) };
}

/** Ignored folders by repository, and when they were looked for: a whole checkout is walked for them. */
const lookedFor = new WeakMap<Repository, { readonly atMs: number; readonly folders: Promise<string[]> }>();

function ignoredFolders(repository: Repository): Promise<string[]> {
  const atMs = repository.clock.nowMs();
  const known = lookedFor.get(repository);
  if (known !== undefined && atMs - known.atMs < LINKS_FRESH_MS) return known.folders;
  const folders = findIgnoredFolders(repository);
  lookedFor.set(repository, { atMs, folders });
  folders.catch(() => lookedFor.delete(repository));
  return folders;
}

async function findIgnoredFolders(repository: Repository): Promise<string[]> {
  const excludes = await userExcludes(repository.checkout);
  const setting = excludes === undefined ? [] : ["-c", `core.excludesFile=${excludes}`];
  const args = [...setting, "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
  const names = splitNul(await repository.git.run(args));
  return names.filter((name) => name.endsWith("/")).map((name) => name.slice(0, -1));
}

/** Masks by workspace, and the state of its index they were listed in. */
const listedMasks = new WeakMap<TaskWorkspace, { readonly index: string; readonly masks: Promise<string[]> }>();

/**
 * Files of a worktree that `workspace.deny` masks; commands see them empty and cannot change them. No call can make
 * one, so they are listed anew only when git changed the worktree, which shows in its index.
 */
export async function listMasks(workspace: TaskWorkspace): Promise<string[]> {
  const { mtimeNs, size, ino } = await stat(join(workspace.gitDir, "index"), { bigint: true });
  const index = `${mtimeNs}:${size}:${ino}`;
  const known = listedMasks.get(workspace);
  if (known?.index === index) return known.masks;
  const masks = findMasks(workspace);
  listedMasks.set(workspace, { index, masks });
  masks.catch(() => listedMasks.delete(workspace));
  return masks;
}

async function findMasks(workspace: TaskWorkspace): Promise<string[]> {
  const names = splitNul(await workspace.git.run(["ls-files", "--cached", "--others", "-z"]));
  return [...new Set(names)].filter((name) => workspace.isDenied(name) && existsSync(join(workspace.worktree, name)));
}
