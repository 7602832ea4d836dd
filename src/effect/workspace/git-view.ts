import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { hashOf } from "../../kernel/canonical.js";
import { Fault } from "../../kernel/fault.js";
import { systemRandom } from "../../kernel/ids.js";
import { TAKEN, tryRename } from "../disk/try-rename.js";
import { splitNul } from "../git/git.js";
import type { Repository } from "../repository/repository.js";
import { removeTree } from "../sandbox/layer.js";
import type { GitView } from "../sandbox/spec.js";
import { makeStore, type ShownHistory, VIEW_PREFIX } from "./git-view-store.js";
import type { TaskWorkspace } from "./workspace.js";

const views = new WeakMap<TaskWorkspace, Promise<GitView>>();

/** Refs whose history is shown; not the stash, notes, or what git keeps of histories that were rewritten. */
const SHOWN_REFS = ["refs/heads/", "refs/tags/", "refs/remotes/"];
const REF_FORMAT = "%(objectname) %(refname) %(*objectname)";

/**
 * What commands see of git: a store of their own, never the repository's, which holds what nothing reaches any more: dropped
 * commits, stashes, files once staged. In it are the task's base commit and the history of all branches and tags; where
 * a commit of those holds a file that `workspace.deny` names, or one with a line break in its name, the history of the base commit; where that holds one, the
 * base commit alone, without those files, which `status` and `diff` then pass over. Made once for each workspace and
 * base commit. Throws Fault GIT_FAILED.
 */
export function openGitView(repository: Repository, workspace: TaskWorkspace): Promise<GitView> {
  const known = views.get(workspace) ?? findView(repository, workspace);
  views.set(workspace, known);
  known.catch(() => views.delete(workspace));
  return known;
}

async function findView(repository: Repository, workspace: TaskWorkspace): Promise<GitView> {
  const { taskDir, baseCommit, gitDir } = workspace;
  const place = join(taskDir, `${VIEW_PREFIX}${baseCommit}`);
  const view = { commonDir: place, gitDir: join(place, "worktrees", basename(gitDir)) };
  if (existsSync(place)) return view;
  const making = join(taskDir, `making-${VIEW_PREFIX}${systemRandom.hex(4)}`);
  try {
    const shown = await chooseHistory(repository, workspace);
    await makeStore(repository, workspace, { place: making, shown });
    tryRename(making, place, TAKEN); // a session's hooks are processes that begin at once: the first one's stays
  } finally {
    await removeTree(making);
  }
  return view;
}

async function chooseHistory(repository: Repository, workspace: TaskWorkspace): Promise<ShownHistory> {
  const { git, baseCommit } = workspace;
  const head = (await git.attempt(["symbolic-ref", "-q", "HEAD"])).stdout.toString("utf8").trim();
  for (const merged of [[], [`--merged=${baseCommit}`]]) {
    const refs = (await git.run(["for-each-ref", `--format=${REF_FORMAT}`, ...merged, ...SHOWN_REFS])).split("\n");
    const found = refs.filter((line) => line !== "").map((line) => line.split(" "));
    const ends = [baseCommit, ...found.map(([object = ""]) => object)];
    const shallow = await cutOff(repository);
    const objects = await reachableOnce(repository, workspace, { ends, shallow });
    if (objects !== undefined)
      return { head, objects, refs: packedRefs(baseCommit, head, found), cutOff: shallow, without: [] };
  }
  return await baseAlone(workspace, head);
}

/** Objects of a history that are remembered. */
const MAX_REMEMBERED_OBJECTS = 50_000;
/** The last history that was looked through: tasks that start together start from the same one. */
const lastHistory = new WeakMap<Repository, { readonly key: string; readonly objects: ReadonlySet<string> }>();

/** What the ends lead to never changes, but by where a shallow clone is cut off. Only a whole history is remembered. */
async function reachableOnce(
  repository: Repository,
  workspace: TaskWorkspace,
  { ends, shallow }: { ends: readonly string[]; shallow: readonly string[] },
): Promise<ReadonlySet<string> | undefined> {
  const key = hashOf([[...new Set(ends)].sort(), shallow, workspace.deny]);
  const known = lastHistory.get(repository);
  if (known?.key === key) return known.objects;
  const objects = await reachable(workspace, ends);
  if (objects !== undefined && objects.size <= MAX_REMEMBERED_OBJECTS) lastHistory.set(repository, { key, objects });
  return objects;
}

/** Every object that these lead to. Undefined where one is a denied file, or where there are too many to look through. */
async function reachable(workspace: TaskWorkspace, from: readonly string[]): Promise<Set<string> | undefined> {
  try {
    const input = from.map((object) => `${object}\n`).join("");
    const listing = await workspace.git.run(["rev-list", "--objects", "--stdin"], { input });
    const named = listing.split("\n").map((line) => ({ line, end: line.indexOf(" ") }));
    if (named.some(({ line, end }) => end > 0 && line.length > end + 1 && workspace.isDenied(line.slice(end + 1))))
      return undefined;
    if (await holdsBrokenName(workspace, input)) return undefined;
    return new Set(
      named.filter(({ line }) => line !== "").map(({ line, end }) => (end < 0 ? line : line.slice(0, end))),
    );
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === "GIT_STOPPED") return undefined;
    throw thrown;
  }
}

/** Git lists objects by their names up to a line break: what is behind it could be anything, a denied file too. */
async function holdsBrokenName(workspace: TaskWorkspace, input: string): Promise<boolean> {
  const args = ["--no-literal-pathspecs", "rev-list", "--max-count=1", "--full-history", "--stdin"];
  return (await workspace.git.run([...args, "--", "*\n*"], { input })) !== "";
}

/** Refs as git packs them; the branch that is checked out, if any, is at the base commit. */
function packedRefs(base: string, head: string, refs: readonly (readonly string[])[]): string[] {
  const all = new Map(refs.map(([object = "", name = "", peeled = ""]) => [name, { object, peeled }]));
  if (head !== "") all.set(head, { object: base, peeled: "" });
  const sorted = [...all].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  return sorted.flatMap(([name, { object, peeled }]) => [
    `${object} ${name}`,
    ...(peeled === "" ? [] : [`^${peeled}`]),
  ]);
}

/** Where a shallow clone ends. */
async function cutOff({ commonDir }: Repository): Promise<string[]> {
  const file = join(commonDir, "shallow");
  return existsSync(file) ? (await readFile(file, "utf8")).split("\n").filter((line) => line !== "") : [];
}

async function baseAlone(workspace: TaskWorkspace, head: string): Promise<ShownHistory> {
  const { git, baseCommit } = workspace;
  const entries = splitNul(await git.run(["ls-tree", "-r", "-t", "-z", "--full-tree", baseCommit])).flatMap(parseEntry);
  const root = (await git.run(["rev-parse", "--verify", `${baseCommit}^{tree}`])).trim();
  const shown = entries.filter(({ path, type }) => type !== "commit" && !workspace.isDenied(path));
  const denied = entries.filter(({ path, type }) => type === "blob" && workspace.isDenied(path));
  const objects = new Set([baseCommit, root, ...shown.map(({ object }) => object)]);
  const absent = new Set(denied.map(({ object }) => object).filter((object) => !objects.has(object)));
  return {
    objects,
    cutOff: [baseCommit],
    head,
    refs: packedRefs(baseCommit, head, await inPlaceOf(workspace, objects, absent)),
    without: denied.map(({ path }) => path),
  };
}

/** Refs by which git takes what is left out for empty files: without them `show` and `grep` end at the first of these. */
async function inPlaceOf(
  workspace: TaskWorkspace,
  objects: Set<string>,
  absent: ReadonlySet<string>,
): Promise<string[][]> {
  const empty = (await workspace.git.run(["hash-object", "-w", "--stdin"], { input: "" })).trim();
  objects.add(empty);
  return [...absent].map((object) => [empty, `refs/replace/${object}`]);
}

/** `<mode> <type> <object>\t<path>`. */
function parseEntry(line: string): { type: string; object: string; path: string }[] {
  const found = /^\d+ (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line);
  return found === null ? [] : [{ type: String(found[1]), object: String(found[2]), path: String(found[3]) }];
}
