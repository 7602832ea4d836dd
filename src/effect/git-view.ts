import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Fault } from "../kernel/fault.js";
import { systemRandom } from "../kernel/ids.js";
import { splitNul } from "./git.js";
import { minimalConfig } from "./git-directory.js";
import { copyIndex } from "./index-copy.js";
import type { Repository } from "./repository.js";
import { removeTree } from "./sandbox/layer.js";
import type { GitView } from "./sandbox/spec.js";
import type { TaskWorkspace } from "./workspace.js";

const views = new WeakMap<TaskWorkspace, Promise<GitView>>();

/**
 * What commands see of git. Where no commit of the repository holds a file that `workspace.deny` names, it is the
 * repository's own store, read-only, with all its history. Else the store would give away what the mask hides
 * (`git show HEAD:.env`), and commands get one of their own: the task's base commit alone, without those files,
 * which `status` and `diff` then pass over. Made once for each workspace. Throws Fault GIT_FAILED.
 */
export function openGitView(repository: Repository, workspace: TaskWorkspace): Promise<GitView> {
  const known = views.get(workspace) ?? chooseView(repository, workspace);
  views.set(workspace, known);
  known.catch(() => views.delete(workspace));
  return known;
}

async function chooseView(repository: Repository, workspace: TaskWorkspace): Promise<GitView> {
  if (!(await holdsDenied(workspace))) return { commonDir: repository.commonDir, gitDir: workspace.gitDir };
  const place = join(workspace.taskDir, `git-view.${workspace.baseCommit}`);
  const view = { commonDir: place, gitDir: join(place, "worktrees", basename(workspace.gitDir)) };
  if (existsSync(place)) return view;
  const making = `${place}.${systemRandom.hex(4)}`;
  try {
    await makeStore(repository, workspace, making);
    if (!existsSync(place)) await rename(making, place);
  } finally {
    await removeTree(making);
  }
  return view;
}

/** Whether any commit that can be reached holds a denied file. Too much history to look through counts as one that does. */
async function holdsDenied(workspace: TaskWorkspace): Promise<boolean> {
  try {
    const listing = await workspace.git.run(["rev-list", "--objects", "--all", "HEAD"]);
    const paths = listing.split("\n").map((line) => line.slice(line.indexOf(" ") + 1 || line.length));
    return paths.some((path) => path !== "" && workspace.isDenied(path));
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === "GIT_STOPPED") return true;
    throw thrown;
  }
}

async function makeStore(repository: Repository, workspace: TaskWorkspace, place: string): Promise<void> {
  const { git, gitDir, baseCommit } = workspace;
  const worktree = join(place, "worktrees", basename(gitDir));
  for (const folder of ["objects/pack", "refs/heads"]) await mkdir(join(place, folder), { recursive: true });
  await mkdir(worktree, { recursive: true });
  const entries = splitNul(await git.run(["ls-tree", "-r", "-t", "-z", "--full-tree", baseCommit])).flatMap(parseEntry);
  const root = (await git.run(["rev-parse", "--verify", `${baseCommit}^{tree}`])).trim();
  const shown = entries
    .filter(({ path, type }) => type !== "commit" && !workspace.isDenied(path))
    .map(({ object }) => object);
  const objects = [baseCommit, root, ...shown].map((object) => `${object}\n`).join("");
  await git.run(["pack-objects", "--quiet", join(place, "objects/pack/pack")], { input: objects });
  await writeFile(join(place, "config"), minimalConfig(await readFile(join(repository.commonDir, "config"), "utf8")));
  await writeFile(join(place, "shallow"), `${baseCommit}\n`);
  const head = await readFile(join(gitDir, "HEAD"), "utf8");
  await writeFile(join(worktree, "HEAD"), head);
  await writeFile(join(worktree, "commondir"), "../..\n");
  const branch = /^ref: (\S+)/.exec(head)?.[1];
  if (branch !== undefined) await writeFile(join(place, "packed-refs"), `${baseCommit} ${branch}\n`);
  const indexFile = join(worktree, "index");
  await copyIndex(join(gitDir, "index"), indexFile);
  const denied = entries
    .filter(({ path, type }) => type === "blob" && workspace.isDenied(path))
    .map(({ path }) => `${path}\0`);
  await git.run(["update-index", "--skip-worktree", "-z", "--stdin"], { indexFile, input: denied.join("") });
}

/** `<mode> <type> <object>\t<path>`. */
function parseEntry(line: string): { type: string; object: string; path: string }[] {
  const found = /^\d+ (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line);
  return found === null ? [] : [{ type: String(found[1]), object: String(found[2]), path: String(found[3]) }];
}
