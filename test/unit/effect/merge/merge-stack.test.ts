import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commitId } from "../../../../src/effect/merge/commit-object.js";
import { mergeTask } from "../../../../src/effect/merge/merge.js";
import {
  commitLayers,
  type LayerCommit,
  mergeStack,
  type Stack,
  stackTasks,
} from "../../../../src/effect/merge/merge-stack.js";
import type { Repository } from "../../../../src/effect/repository/repository.js";
import { cycleHead } from "../../../../src/effect/workspace/branch.js";
import { openStackWorkspace } from "../../../../src/effect/workspace/task-workspace.js";
import { treeHash } from "../../../../src/effect/workspace/tree.js";
import type { TaskWorkspace } from "../../../../src/effect/workspace/workspace.js";
import { removeTaskWorkspace } from "../../../../src/effect/workspace/workspace-removal.js";
import { approve, git, type Home, makeRepository, openTask, write } from "../fixture.js";

const BRANCH = "worknode/plan/1";
const ANY = ["**"];

/** Workspaces of T1, T2, …, each holding these files. */
async function ground(...works: Record<string, string>[]) {
  const home = makeRepository({ "a.txt": "one\n", "b.txt": "two\n" });
  const repository = await home.find();
  const workspaces: TaskWorkspace[] = [];
  for (const [index, files] of works.entries()) {
    const workspace = await openTask(repository, `T${index + 1}`);
    write(workspace.worktree, files);
    workspaces.push(workspace);
  }
  return { home, repository, workspaces };
}

const byTask = (workspaces: readonly TaskWorkspace[]): Map<string, TaskWorkspace> =>
  new Map(workspaces.map((each) => [each.task, each]));

async function stack(repository: Repository, workspaces: readonly TaskWorkspace[], files = ANY): Promise<Stack> {
  const tasks = workspaces.map(({ task }) => ({ task, write: files }));
  const { permit, call } = approve({ branch: BRANCH, tasks });
  return await stackTasks(permit, repository, call, byTask(workspaces));
}

/** Commits a stack's layers as they lie, and moves the branch over them. */
async function mergeAll(repository: Repository, workspaces: readonly TaskWorkspace[], of: Stack): Promise<boolean> {
  const layers: LayerCommit[] = [];
  let to = of.head;
  for (const { task, tree, from } of of.layers) {
    layers.push({ task, message: `${task}\n`, parent: to, tree, from, at: 1_700_000_000 });
    to = commitId(layers.at(-1) as LayerCommit);
  }
  const made = approve({ layers });
  await commitLayers(made.permit, repository, made.call, byTask(workspaces));
  const { permit, call } = approve({ branch: BRANCH, from: of.head, to });
  return await mergeStack(permit, repository, call);
}

async function mergeAlone(repository: Repository, workspace: TaskWorkspace, paths: string[]) {
  const { permit, call } = approve({ message: "again\n", paths, tree: await treeHash(workspace) });
  return await mergeTask(permit, repository, workspace, call);
}

const subjects = (home: Home): string[] =>
  git(home.root, "log", "--reverse", "--format=%s", BRANCH).trim().split("\n").slice(1);
const tasksOf = ({ layers }: Stack): string[] => layers.map(({ task }) => task);

describe("a stack of tasks", () => {
  it("holds each on top of the one before, and the branch moves over all at once", async () => {
    const { home, repository, workspaces } = await ground({ "a.txt": "1\n" }, { "new.txt": "2\n" }, { "b.txt": "3\n" });
    const made = await stack(repository, workspaces);
    expect(made.layers.map(({ task, changes }) => [task, ...changes.map(({ path }) => path)])).toEqual([
      ["T1", "a.txt"],
      ["T2", "new.txt"],
      ["T3", "b.txt"],
    ]);
    expect(await cycleHead(repository, BRANCH)).toBe(made.head);
    expect(await mergeAll(repository, workspaces, made)).toBe(true);
    expect(subjects(home)).toEqual(["T1", "T2", "T3"]);
    expect(git(home.root, "rev-parse", `${BRANCH}^{tree}`).trim()).toBe(made.layers.at(-1)?.tree);
    expect(git(home.root, "rev-parse", `${BRANCH}~1^{tree}`).trim()).toBe(made.layers.at(-2)?.tree);
    expect(git(home.root, "show", `${BRANCH}:a.txt`, `${BRANCH}:b.txt`)).toBe("1\n3\n");
    expect(git(home.root, "status", "--porcelain")).toBe("");
  });

  it("is found on the branch by each task after a crash, and its worktree may then go", async () => {
    const { home, repository, workspaces } = await ground({ "a.txt": "1\n" }, { "b.txt": "2\n" });
    await mergeAll(repository, workspaces, await stack(repository, workspaces));
    const [head, below] = git(home.root, "rev-list", "-2", BRANCH).trim().split("\n");
    const [first, second] = workspaces as [TaskWorkspace, TaskWorkspace];
    expect(await mergeAlone(repository, second, ["b.txt"])).toMatchObject({ commit: head, parent: below });
    expect(await mergeAlone(repository, first, ["a.txt"])).toMatchObject({ commit: below, parent: repository.head });
    expect(tasksOf(await stack(repository, workspaces))).toEqual([]);
    const { permit, call } = approve({ cycle: 1, task: "T1", branch: BRANCH });
    expect(await removeTaskWorkspace(permit, repository, call)).toEqual({ ok: true, value: undefined });
  });

  it("leaves out what conflicts, what another changes too, what is outside its files, and what is no file", async () => {
    const works = [{ "a.txt": "1\n" }, { "a.txt": "1\n" }, { "b.txt": "mine\n" }, { "x.txt": "x\n" }, {}];
    const { home, repository, workspaces } = await ground(...works, { "d.txt": "d\n" });
    const blob = git(home.root, "hash-object", "-w", "a.txt").trim();
    git(home.root, "update-index", "--cacheinfo", `100644,${blob},b.txt`);
    const tree = git(home.root, "write-tree").trim();
    const other = git(home.root, "commit-tree", tree, "-p", BRANCH, "-m", "other").trim();
    git(home.root, "update-ref", `refs/heads/${BRANCH}`, other);
    rmSync(join(workspaces.at(-1)?.worktree ?? "", "a.txt"));
    const made = await stack(repository, workspaces, ["a.txt", "b.txt", "d.txt"]);
    expect(tasksOf(made)).toEqual(["T1"]);
    expect(made.head).toBe(other);
  });

  it("leaves out a task that changes a file of another, though git would join both without a conflict", async () => {
    const lines = (first: string, last: string): string => [first, ...Array(20).fill("same"), last, ""].join("\n");
    const repository = await makeRepository({ "long.txt": lines("a", "z") }).find();
    const workspaces: TaskWorkspace[] = [];
    for (const [task, text] of [
      ["T1", lines("A", "z")],
      ["T2", lines("a", "Z")],
    ] as const) {
      const workspace = await openTask(repository, task);
      write(workspace.worktree, { "long.txt": text });
      workspaces.push(workspace);
    }
    expect(tasksOf(await stack(repository, workspaces))).toEqual(["T1"]);
  });

  it("leaves out a file where another has made a folder, and a folder where another has made a file", async () => {
    const [file, folder] = [{ d: "1\n" }, { "d/e.txt": "2\n" }];
    for (const works of [
      [file, folder],
      [folder, file],
    ]) {
      const { repository, workspaces } = await ground(...(works as Record<string, string>[]));
      expect(tasksOf(await stack(repository, workspaces))).toEqual(["T1"]);
    }
  });

  it("is not merged where the branch moved meanwhile, and each of its tasks can still be", async () => {
    const { home, repository, workspaces } = await ground({ "a.txt": "1\n" }, { "b.txt": "2\n" });
    const made = await stack(repository, workspaces);
    const other = git(home.root, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "other").trim();
    git(home.root, "update-ref", `refs/heads/${BRANCH}`, other);
    expect(await mergeAll(repository, workspaces, made)).toBe(false);
    expect(await cycleHead(repository, BRANCH)).toBe(other);
    const [first] = workspaces as [TaskWorkspace];
    expect(await mergeAlone(repository, first, ["a.txt"])).toMatchObject({ kind: "moved", head: other });
  });

  it("is not merged into a branch that somebody has checked out", async () => {
    const { home, repository, workspaces } = await ground({ "a.txt": "1\n" }, { "b.txt": "2\n" });
    const made = await stack(repository, workspaces);
    git(home.root, "switch", "-q", BRANCH);
    await expect(mergeAll(repository, workspaces, made)).rejects.toMatchObject({ code: "BRANCH_CHECKED_OUT" });
  });

  it("needs permits for exactly these tasks, this commit and this move", async () => {
    const { repository, workspaces } = await ground({ "a.txt": "1\n" }, { "b.txt": "2\n" });
    const denied = { code: "ERROR_NOT_APPROVED" };
    const tasks = workspaces.map(({ task }) => ({ task, write: ["a.txt"] }));
    const laying = approve({ branch: BRANCH, tasks });
    const wider = { ...laying.call, args: { branch: BRANCH, tasks: tasks.map((each) => ({ ...each, write: ANY })) } };
    await expect(stackTasks(laying.permit, repository, wider, new Map())).rejects.toMatchObject(denied);
    const made = await stack(repository, workspaces);
    const [layer] = made.layers;
    const commit = { task: "T1", message: "x\n", parent: made.head, tree: layer?.tree ?? "", from: layer?.from ?? "" };
    const committing = approve({ layers: [{ ...commit, at: 0 }] });
    const other = { ...committing.call, args: { layers: [{ ...commit, message: "y\n", at: 0 }] } };
    await expect(commitLayers(committing.permit, repository, other, byTask(workspaces))).rejects.toMatchObject(denied);
    const moving = approve({ branch: BRANCH, from: made.head, to: made.head });
    const further = { ...moving.call, args: { ...moving.call.args, to: layer?.below ?? "" } };
    await expect(mergeStack(moving.permit, repository, { ...further, callId: "other" })).rejects.toMatchObject(denied);
  });
});

describe("the view of a stack", () => {
  it("holds its tree on the head below, is brought up to date by each call, and can be taken away", async () => {
    const { repository, workspaces } = await ground({ "a.txt": "1\n" }, { "new.txt": "2\n" });
    const made = await stack(repository, workspaces);
    const view = async (tree: string): Promise<TaskWorkspace> => {
      const { permit, call } = approve({ cycle: 1, task: "+", branch: BRANCH, head: made.head, tree });
      return await openStackWorkspace(permit, repository, call);
    };
    const [lower, upper] = made.layers.map(({ tree }) => tree) as [string, string];
    const first = await view(upper);
    expect(first.baseCommit).toBe(made.head);
    expect(await treeHash(first)).toBe(upper);
    write(first.worktree, { "a.txt": "spoilt\n" });
    const second = await view(lower);
    expect(second.worktree).toBe(first.worktree);
    expect(await treeHash(second)).toBe(lower);
    expect(existsSync(join(second.worktree, "new.txt"))).toBe(false);
    expect(readFileSync(join(second.worktree, "a.txt"), "utf8")).toBe("1\n");
    const { permit, call } = approve({ cycle: 1, task: "+", branch: BRANCH });
    expect((await removeTaskWorkspace(permit, repository, call)).ok).toBe(true);
    expect(existsSync(second.worktree)).toBe(false);
  });
});
