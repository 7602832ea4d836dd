import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { sha256Hex } from "../../kernel/canonical.js";
import { Fault } from "../../kernel/fault.js";
import { systemRandom } from "../../kernel/ids.js";
import type { Change, ChangeKind } from "../../schema/effect.js";
import { decodeText } from "../disk/text.js";
import { type Git, splitNul } from "../git/git.js";
import { copyIndex } from "../git/index-copy.js";
import { stagePaths, statusPaths } from "./branch.js";
import { keptPaths } from "./kept-paths.js";
import { recallTree, rememberTree, signWorktree } from "./tree-memory.js";
import type { TaskWorkspace } from "./workspace.js";

/** Base texts remembered for each workspace. */
const MAX_BASE_TEXTS = 256;
const baseTexts = new WeakMap<TaskWorkspace, Map<string, string | null>>();

/**
 * Id of the git tree that the worktree's files make: tracked and new ones, ignored ones only when a
 * call kept them. Equal ids mean equal contents. The worktree's own index is not touched.
 */
export async function treeHash(workspace: TaskWorkspace): Promise<string> {
  const changed = await statusPaths(workspace.git);
  const paths = [...new Set([...changed, ...keptPaths(workspace)])].sort();
  const before = await signWorktree(workspace, paths);
  const known = await recallTree(workspace, before);
  if (known !== undefined) return known;
  const tree = await makeTree(workspace, paths);
  rememberTree(workspace, tree, { before, after: await signWorktree(workspace, paths) });
  return tree;
}

async function makeTree(workspace: TaskWorkspace, paths: readonly string[]): Promise<string> {
  const indexFile = join(workspace.taskDir, `index.${systemRandom.hex(8)}`);
  try {
    await copyIndex(join(workspace.gitDir, "index"), indexFile);
    await stagePaths(workspace.git, paths, indexFile);
    return (await workspace.git.run(["write-tree"], { indexFile })).trim();
  } finally {
    await rm(indexFile, { force: true });
  }
}

/** Id of a commit's tree. Throws Fault NO_COMMIT where there is no such commit. */
export async function treeOfCommit(git: Pick<Git, "objects">, commit: string): Promise<string> {
  const [tree] = await git.objects.describe([`${commit}^{tree}`]);
  if (tree === undefined) throw new Fault("NO_COMMIT", `the repository holds no commit ${commit}`);
  return tree.id;
}

/** Repository-relative paths of all files of a tree. Throws Fault GIT_FAILED. */
export async function treePaths(workspace: TaskWorkspace, tree: string): Promise<string[]> {
  return splitNul(await workspace.git.run(["ls-tree", "-r", "-z", "--name-only", "--full-tree", tree]));
}

/** One entry of a comparison of two trees. */
export interface TreeDifference {
  readonly path: string;
  readonly kind: ChangeKind;
  /** Blob ids, null where absent. */
  readonly before: string | null;
  readonly after: string | null;
  /** Mode it has now, as git writes it (`100644`); null where absent. */
  readonly mode: string | null;
}

/** `.gitmodules` and settings may have git leave submodules out: they are told all the same. */
const COMPARE = ["diff-tree", "-r", "-z", "--no-renames", "--full-index", "--ignore-submodules=none", "--raw"];

/** Comparisons remembered, and files that differ in each of them; a longer one is made anew. */
const MAX_COMPARISONS = 64;
const MAX_REMEMBERED_DIFFERENCES = 256;
const comparisons = new Map<string, TreeDifference[]>();

/** What changed from one tree (or commit) to another, without renames, by path. What two ids stand for never changes. */
export async function compareTrees(git: Pick<Git, "run">, from: string, to: string): Promise<TreeDifference[]> {
  const key = `${from} ${to}`;
  const known = comparisons.get(key);
  if (known !== undefined) return [...known];
  const differences = await compareAnew(git, from, to);
  if (!/^[0-9a-f]{40,64} [0-9a-f]{40,64}$/.test(key) || differences.length > MAX_REMEMBERED_DIFFERENCES)
    return differences;
  if (comparisons.size >= MAX_COMPARISONS) comparisons.clear();
  comparisons.set(key, differences);
  return [...differences];
}

async function compareAnew(git: Pick<Git, "run">, from: string, to: string): Promise<TreeDifference[]> {
  const fields = splitNul(await git.run([...COMPARE, from, to]));
  const differences: TreeDifference[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2)
    differences.push(parseDifference(fields[index] ?? "", fields[index + 1] ?? ""));
  return differences;
}

/** `:<mode> <mode> <id> <id> <letter>`, as `git diff-tree --raw` writes it; an absent side has a zero mode. */
function parseDifference(meta: string, path: string): TreeDifference {
  const [fromMode, toMode, before, after] = meta.slice(1).split(" ");
  const kind = kindOf({ fromMode, toMode, sameContent: before === after });
  return {
    path,
    kind,
    before: isAbsent(fromMode) ? null : (before ?? null),
    after: isAbsent(toMode) ? null : (after ?? null),
    mode: isAbsent(toMode) ? null : (toMode ?? null),
  };
}

function isAbsent(mode: string | undefined): boolean {
  return mode === undefined || mode === "000000";
}

interface Modes {
  readonly fromMode: string | undefined;
  readonly toMode: string | undefined;
  readonly sameContent: boolean;
}

/** Modes as git has them: 100644, 100755, 120000 a symbolic link, 160000 a submodule. */
function kindOf({ fromMode, toMode, sameContent }: Modes): ChangeKind {
  if (isAbsent(toMode)) return "delete";
  if (toMode === "120000") return "link";
  if (toMode === "160000") return "special";
  if (isAbsent(fromMode)) return "add";
  if (fromMode?.startsWith("100") !== true) return "type";
  return sameContent ? "mode" : "modify";
}

/** What the task changed from `from` (its base, unless told otherwise), with SHA-256 of the contents. */
export async function changedFiles(workspace: TaskWorkspace, from = workspace.baseCommit): Promise<Change[]> {
  const changes: Change[] = [];
  for (const { path, kind, before, after } of await compareTrees(workspace.git, from, await treeHash(workspace)))
    changes.push({
      path,
      kind,
      before: await hashBlob(workspace.git, before),
      after: await hashBlob(workspace.git, after),
    });
  return changes;
}

async function hashBlob(git: Git, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const [object] = await git.objects.read([id]);
  return object?.type === "blob" ? sha256Hex(object.content) : null;
}

/**
 * Text of `path` in the task's base commit; null when it is missing there, binary, or too long. Remembered,
 * because the gate compares every write with it.
 */
export async function readBase(workspace: TaskWorkspace, path: string): Promise<string | null> {
  const texts = baseTexts.get(workspace) ?? new Map<string, string | null>();
  baseTexts.set(workspace, texts);
  const known = texts.get(path);
  if (known !== undefined) return known;
  const [blob] = await workspace.git.objects.read([`${workspace.baseCommit}:${path}`]);
  const text = blob?.type === "blob" && blob.bytes <= MAX_FILE_BYTES ? decodeText(blob.content) : null;
  if (texts.size >= MAX_BASE_TEXTS) texts.clear();
  texts.set(path, text);
  return text;
}

/** The task's changes, or those of `tree`, as a unified diff, cut after `maxChars` characters, which it then says. */
export async function describeDiff(workspace: TaskWorkspace, maxChars: number, tree?: string): Promise<string> {
  const to = tree ?? (await treeHash(workspace));
  const args = ["diff-tree", "-p", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color"];
  const text = await workspace.git.run([...args, workspace.baseCommit, to]);
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}\n(diff cut after ${maxChars} characters)\n`;
}
