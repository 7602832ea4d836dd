import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adoptMerge, type MergeOutcome, mergeTask } from "../../../../src/effect/merge/merge.js";
import type { Repository } from "../../../../src/effect/repository/repository.js";
import { readRecord, writeRecord } from "../../../../src/effect/workspace/task-record.js";
import { treeHash } from "../../../../src/effect/workspace/tree.js";
import type { TaskWorkspace } from "../../../../src/effect/workspace/workspace.js";
import { approve, git, makeRepository, openTask, write } from "../fixture.js";

const MESSAGE = "T1: do it\n\nBecause.\n\nWorknode-Task: T1\n";

async function merge(
  repository: Repository,
  workspace: TaskWorkspace,
  paths: string[],
  message = MESSAGE,
): Promise<MergeOutcome> {
  const { permit, call } = approve({ message, paths, tree: await treeHash(workspace) });
  return mergeTask(permit, repository, workspace, call);
}

async function adopt(
  repository: Repository,
  workspace: TaskWorkspace,
  at: { head: string; tree: string },
): ReturnType<typeof adoptMerge> {
  const { permit, call } = approve({ head: at.head, tree: at.tree });
  return adoptMerge(permit, repository, workspace, call);
}

function moved(outcome: MergeOutcome): { head: string; tree: string } {
  if (outcome.kind !== "moved") throw new Error(`expected moved, got ${outcome.kind}`);
  return { head: outcome.head, tree: outcome.tree };
}

describe("merging a task", () => {
  it("makes one commit on the cycle's branch with the given message and worknode's identity", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const workspace = await openTask(repository);
    write(workspace.worktree, { "a.txt": "changed\n", "src/new.js": "1;\n" });
    const outcome = await merge(repository, workspace, ["a.txt", "src/new.js"]);
    expect(outcome).toMatchObject({ kind: "merged", paths: ["a.txt", "src/new.js"] });
    expect(git(home.root, "log", "--format=%an <%ae>|%cn|%P", "worknode/plan/1").split("\n")[0]).toBe(
      `worknode <worknode@localhost>|worknode|${repository.head}`,
    );
    expect(git(home.root, "log", "-1", "--format=%B", "worknode/plan/1").trim()).toBe(MESSAGE.trim());
    expect(git(home.root, "show", "worknode/plan/1:src/new.js")).toBe("1;\n");
    expect(git(home.root, "status", "--porcelain")).toBe("");
    expect(git(home.root, "branch", "--show-current").trim()).toBe("main");
  });

  it("refuses what differs without being listed, and what is gone, linked or of another type", async () => {
    const repository = await makeRepository({
      "a.txt": "one\n",
      "b.txt": "two\n",
      "c.txt": "three\n",
      "d.txt": "x\n",
    }).find();
    const workspace = await openTask(repository);
    write(workspace.worktree, { "a.txt": "changed\n", "stray.txt": "x\n" });
    rmSync(join(workspace.worktree, "b.txt"));
    rmSync(join(workspace.worktree, "c.txt"));
    symlinkSync("/etc/passwd", join(workspace.worktree, "c.txt"));
    symlinkSync("/etc/passwd", join(workspace.worktree, "link"));
    expect(await merge(repository, workspace, ["a.txt", "b.txt", "c.txt", "link"])).toEqual({
      kind: "refused",
      paths: ["b.txt", "c.txt", "link", "stray.txt"],
    });
  });

  it("merges a mode", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const workspace = await openTask(repository);
    chmodSync(join(workspace.worktree, "a.txt"), 0o755);
    expect((await merge(repository, workspace, ["a.txt"])).kind).toBe("merged");
    expect(git(home.root, "ls-tree", "worknode/plan/1", "a.txt")).toMatch(/^100755/);
  });

  it("leaves the branch alone when the task changed nothing", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    const unchanged = { kind: "merged", commit: repository.head, parent: repository.head, paths: [] };
    expect(await merge(repository, workspace, [])).toEqual(unchanged);
  });

  it("answers with the commit that was made when it is asked again", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const workspace = await openTask(repository);
    write(workspace.worktree, { "a.txt": "changed\n" });
    const first = await merge(repository, workspace, ["a.txt"]);
    expect(await merge(repository, workspace, ["a.txt"])).toEqual(first);
    expect(git(home.root, "rev-list", "--count", "worknode/plan/1").trim()).toBe("2");
  });

  it("joins a moved branch, lets the result be verified in the worktree, and then merges it", async () => {
    const home = makeRepository({ "a.txt": "one\n", "b.txt": "two\n" });
    const repository = await home.find();
    const [first, second] = [await openTask(repository, "T1"), await openTask(repository, "T2")];
    write(first.worktree, { "a.txt": "one changed\n" });
    write(second.worktree, { "b.txt": "two changed\n", "new.txt": "n\n" });
    const head = await merge(repository, first, ["a.txt"]);
    const at = moved(await merge(repository, second, ["b.txt", "new.txt"]));
    expect(head).toMatchObject({ kind: "merged", commit: at.head });
    const adopted = await adopt(repository, second, at);
    if (!adopted.ok) throw new Error(adopted.error);
    expect(adopted.value.baseCommit).toBe(at.head);
    expect(readFileSync(join(second.worktree, "a.txt"), "utf8")).toBe("one changed\n");
    expect(await treeHash(adopted.value)).toBe(at.tree);
    expect(await merge(repository, adopted.value, ["b.txt", "new.txt"])).toMatchObject({
      kind: "merged",
      paths: ["b.txt", "new.txt"],
    });
    expect(git(home.root, "show", "worknode/plan/1:new.txt")).toBe("n\n");
    expect(git(home.root, "log", "--format=%P", "-1", "worknode/plan/1").trim()).toBe(at.head);
    expect((await openTask(repository, "T2")).baseCommit).toBe(at.head);
  });

  it("finishes an adoption that a crash interrupted", async () => {
    const repository = await makeRepository({ "a.txt": "one\n", "b.txt": "two\n" }).find();
    const [first, second] = [await openTask(repository, "T1"), await openTask(repository, "T2")];
    write(first.worktree, { "a.txt": "one changed\n" });
    write(second.worktree, { "b.txt": "two changed\n" });
    await merge(repository, first, ["a.txt"]);
    const at = moved(await merge(repository, second, ["b.txt"]));
    const record = await readRecord(second.taskDir);
    if (record === undefined) throw new Error("no record");
    await writeRecord(second.taskDir, { ...record, adopting: at });
    const again = await openTask(repository, "T2");
    expect(again.baseCommit).toBe(at.head);
    expect(await treeHash(again)).toBe(at.tree);
    expect((await readRecord(second.taskDir))?.adopting).toBeUndefined();
  });

  it("does not adopt a tree that is not what the merge gives now", async () => {
    const repository = await makeRepository({ "a.txt": "one\n", "b.txt": "two\n" }).find();
    const [first, second] = [await openTask(repository, "T1"), await openTask(repository, "T2")];
    write(first.worktree, { "a.txt": "one changed\n" });
    write(second.worktree, { "b.txt": "two changed\n" });
    await merge(repository, first, ["a.txt"]);
    const at = moved(await merge(repository, second, ["b.txt"]));
    write(second.worktree, { "b.txt": "changed again\n" });
    expect((await adopt(repository, second, at)).ok).toBe(false);
    expect(readFileSync(join(second.worktree, "b.txt"), "utf8")).toBe("changed again\n");
  });

  it("reports a conflict and resolves nothing", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const [first, second] = [await openTask(repository, "T1"), await openTask(repository, "T2")];
    write(first.worktree, { "a.txt": "mine\n", "same.txt": "1\n" });
    write(second.worktree, { "a.txt": "yours\n", "same.txt": "2\n" });
    await merge(repository, first, ["a.txt", "same.txt"]);
    const before = git(home.root, "rev-parse", "worknode/plan/1");
    expect(await merge(repository, second, ["a.txt", "same.txt"])).toEqual({
      kind: "conflict",
      paths: ["a.txt", "same.txt"],
    });
    expect(git(home.root, "rev-parse", "worknode/plan/1")).toBe(before);
    expect(readFileSync(join(second.worktree, "a.txt"), "utf8")).toBe("yours\n");
  });

  it("never moves a branch that somebody has checked out", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const workspace = await openTask(repository);
    write(workspace.worktree, { "a.txt": "changed\n" });
    git(home.root, "switch", "-q", "worknode/plan/1");
    await expect(merge(repository, workspace, ["a.txt"])).rejects.toMatchObject({
      code: "BRANCH_CHECKED_OUT",
      exitCode: 6,
    });
    expect(git(home.root, "status", "--porcelain")).toBe("");
    git(home.root, "switch", "-q", "main");
    git(home.root, "worktree", "add", "-q", `${home.root}-linked`, "worknode/plan/1");
    await expect(merge(repository, workspace, ["a.txt"])).rejects.toMatchObject({ code: "BRANCH_CHECKED_OUT" });
    git(home.root, "worktree", "remove", `${home.root}-linked`);
    expect((await merge(repository, workspace, ["a.txt"])).kind).toBe("merged");
  });

  it("merges tasks that finish at the same time one after the other", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const workspaces = await Promise.all(["T1", "T2", "T3"].map((task) => openTask(repository, task)));
    for (const workspace of workspaces) write(workspace.worktree, { [`${workspace.task}.txt`]: "x\n" });
    const outcomes = await Promise.all(
      workspaces.map((workspace) => merge(repository, workspace, [`${workspace.task}.txt`])),
    );
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["merged", "moved", "moved"]);
    expect(git(home.root, "rev-list", "--count", "worknode/plan/1").trim()).toBe("2");
  });

  it("commits no other tree than the one its message speaks of", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    write(workspace.worktree, { "a.txt": "judged\n" });
    const { permit, call } = approve({ message: "x", paths: ["a.txt"], tree: await treeHash(workspace) });
    write(workspace.worktree, { "a.txt": "not judged\n" });
    expect(await mergeTask(permit, repository, workspace, call)).toEqual({ kind: "refused", paths: ["a.txt"] });
  });

  it("needs a permit for exactly these paths and this message", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    const tree = await treeHash(workspace);
    const { permit, call } = approve({ message: "x", paths: ["a.txt"], tree });
    const other = { callId: call.callId, args: { message: "x", paths: ["a.txt", "b.txt"], tree } };
    await expect(mergeTask(permit, repository, workspace, other)).rejects.toMatchObject({ code: "ERROR_NOT_APPROVED" });
    expect((await mergeTask(permit, repository, workspace, call)).kind).toBe("merged");
    await expect(mergeTask(permit, repository, workspace, call)).rejects.toMatchObject({ code: "ERROR_NOT_APPROVED" });
  });

  it("sees a branch that moved between the look and the merge", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const workspace = await openTask(repository);
    write(workspace.worktree, { "mine.txt": "x\n" });
    const other = git(home.root, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "other").trim();
    const moving = intercept(repository, () => git(home.root, "update-ref", "refs/heads/worknode/plan/1", other));
    expect(await merge(moving, workspace, ["mine.txt"])).toMatchObject({ kind: "moved", head: other });
  });

  it("reports a ref that cannot be moved, and a git that cannot merge trees", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const [first, second] = [await openTask(repository, "T1"), await openTask(repository, "T2")];
    write(first.worktree, { "mine.txt": "x\n" });
    const lock = join(home.root, ".git/refs/heads/worknode/plan/1.lock");
    writeFileSync(lock, "");
    await expect(merge(repository, first, ["mine.txt"])).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringContaining("could not move"),
    });
    rmSync(lock);
    expect((await merge(repository, first, ["mine.txt"])).kind).toBe("merged");
    write(second.worktree, { "other.txt": "x\n" });
    const old = intercept(repository, () => undefined, "merge-tree");
    await expect(merge(old, second, ["other.txt"])).rejects.toMatchObject({ message: expect.stringContaining("2.38") });
  });

  it("needs the workspace's record", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    write(workspace.worktree, { "mine.txt": "x\n" });
    rmSync(join(workspace.taskDir, "task.json"));
    await expect(merge(repository, workspace, ["mine.txt"])).rejects.toMatchObject({ code: "WORKSPACE_GONE" });
  });
});

/** The same repository, where something happens just before a ref is moved, or a command is unknown. */
function intercept(repository: Repository, before: () => unknown, unknown?: string): Repository {
  let done = false;
  const attempt: Repository["git"]["attempt"] = (args, options) => {
    if (args[0] === unknown) return Promise.resolve({ code: 129, stdout: Buffer.alloc(0), stderr: "usage" });
    if (args[0] === "update-ref" && !done) before();
    done ||= args[0] === "update-ref";
    return repository.git.attempt(args, options);
  };
  return { ...repository, git: { ...repository.git, attempt } };
}
