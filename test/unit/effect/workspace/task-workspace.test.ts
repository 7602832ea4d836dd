import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { mergeTask } from "../../../../src/effect/merge/merge.js";
import type { Repository } from "../../../../src/effect/repository/repository.js";
import { ownedName } from "../../../../src/effect/sandbox/abandoned.js";
import { freeIndex } from "../../../../src/effect/workspace/index-lock.js";
import { readRecord, type TaskRecord, writeRecord } from "../../../../src/effect/workspace/task-record.js";
import { openHeadWorkspace, openTaskWorkspace } from "../../../../src/effect/workspace/task-workspace.js";
import { treeHash } from "../../../../src/effect/workspace/tree.js";
import type { TaskWorkspace } from "../../../../src/effect/workspace/workspace.js";
import { removeTaskWorkspace } from "../../../../src/effect/workspace/workspace-removal.js";
import type { Clock } from "../../../../src/kernel/clock.js";
import { approve, git, makeRepository, openBranch, openTask, write } from "../fixture.js";

async function remove(repository: Repository, task = "T1"): ReturnType<typeof removeTaskWorkspace> {
  const { permit, call } = approve({ cycle: 1, task, branch: "worknode/plan/1" });
  return removeTaskWorkspace(permit, repository, call);
}

async function merge(repository: Repository, workspace: TaskWorkspace, paths: string[]): ReturnType<typeof mergeTask> {
  const { permit, call } = approve({ message: "work\n", paths, tree: await treeHash(workspace) });
  return mergeTask(permit, repository, workspace, call);
}

async function headView(repository: Repository): Promise<TaskWorkspace> {
  const { permit, call } = approve({ cycle: 1, branch: "worknode/plan/1" });
  return openHeadWorkspace(permit, repository, call);
}

function left(workspace: TaskWorkspace): string[] {
  return readdirSync(dirname(workspace.worktree)).filter((name) => name.includes(".left-"));
}

describe("a task's workspace", () => {
  it("is a worktree on its own branch at the cycle's head, with private places beside it", async () => {
    const home = makeRepository({ "a.txt": "one\n", "bin/run": "#!/bin/sh\n" });
    const repository = await home.find();
    const workspace = await openTask(repository);
    expect(workspace).toMatchObject({
      cycle: 1,
      task: "T1",
      shownRoot: home.root,
      branch: "worknode/plan/1",
      baseCommit: repository.head,
    });
    expect(workspace.worktree).toBe(join(repository.stateDir, "worktrees/1-T1"));
    expect(git(workspace.worktree, "branch", "--show-current").trim()).toBe("worknode/plan/1-T1");
    expect(git(workspace.worktree, "status", "--porcelain")).toBe("");
    expect(git(home.root, "worktree", "list")).toContain(workspace.worktree);
    for (const directory of [workspace.layerDir, workspace.scratchDir, workspace.journalDir])
      expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it("is found by git without worknode's private directory", async () => {
    const workspace = await openTask(await makeRepository().find());
    expect(readFileSync(join(workspace.worktree, ".git"), "utf8")).toBe(`gitdir: ${workspace.gitDir}\n`);
    expect(workspace.gitDir).toMatch(/repo\/\.git\/worktrees\/1-T1$/);
  });

  it("is given again with all it holds, and from its own base although the branch moved", async () => {
    const repository = await makeRepository().find();
    const first = await openTask(repository);
    const other = await openTask(repository, "T2");
    write(first.worktree, { "new.txt": "work\n" });
    write(other.worktree, { "other.txt": "x\n" });
    expect((await merge(repository, other, ["other.txt"])).kind).toBe("merged");
    const again = await openTask(repository);
    expect(again).toMatchObject({ worktree: first.worktree, baseCommit: first.baseCommit });
    expect(readFileSync(join(again.worktree, "new.txt"), "utf8")).toBe("work\n");
  });

  it("is given again without the layers of calls that were killed, and with those of calls that live", async () => {
    const repository = await makeRepository().find();
    const { layerDir } = await openTask(repository);
    const { pid } = spawnSync("/bin/true"); // has ended
    const mine = ownedName("bash", "call");
    const left = (kind: "bash" | "verify") => ownedName(kind, "left").replace(`-${process.pid}-`, `-${pid}-`);
    for (const name of [left("bash"), left("verify"), mine])
      mkdirSync(join(layerDir, name, "upper"), { recursive: true });
    await openTask(repository);
    expect(readdirSync(layerDir)).toEqual([mine]);
  });

  it("is made again when its making was interrupted", async () => {
    const repository = await makeRepository({ "a.txt": "one\n", "b.txt": "two\n" }).find();
    const workspace = await openTask(repository);
    const record = await readRecord(workspace.taskDir);
    if (record === undefined) throw new Error("no record");
    await writeRecord(workspace.taskDir, { ...record, state: "creating" });
    rmSync(join(workspace.worktree, "a.txt"));
    const again = await openTask(repository);
    expect(readFileSync(join(again.worktree, "a.txt"), "utf8")).toBe("one\n");
    expect(left(again)).toEqual([]);
  });

  it("is made again when its directory or its registration is gone", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    rmSync(workspace.worktree, { recursive: true });
    expect(existsSync(join((await openTask(repository)).worktree, "a.txt"))).toBe(true);
    rmSync(workspace.gitDir, { recursive: true });
    write(workspace.worktree, { "work.txt": "unmerged\n" });
    const again = await openTask(repository);
    expect(existsSync(join(again.worktree, "work.txt"))).toBe(false);
    expect(left(again)).toHaveLength(1);
  });

  it("moves one aside that belongs to a cycle whose branch is gone, and begins anew, other cycles' left as they are", async () => {
    const repository = await makeRepository().find();
    const [first, others] = [await openTask(repository), await openTask(repository, "T2")];
    write(first.worktree, { "work.txt": "unmerged\n" });
    await openBranch(repository, 2);
    await writeRecord(others.taskDir, { ...((await readRecord(others.taskDir)) as TaskRecord), cycle: 2 });
    git(repository.shownRoot, "branch", "-m", "worknode/plan/1", "renamed");
    const again = await openTask(repository);
    expect(again.worktree).toBe(first.worktree);
    expect(existsSync(join(again.worktree, "work.txt"))).toBe(false);
    const [aside = ""] = left(again);
    expect(readFileSync(join(dirname(again.worktree), aside, "work.txt"), "utf8")).toBe("unmerged\n");
    expect(readdirSync(dirname(first.taskDir)).filter((name) => name.startsWith("1-T1.left-"))).toHaveLength(1);
    expect(await readRecord(others.taskDir)).toBeDefined();
  });

  it("moves one aside that belongs to another branch, work and commits kept", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const old = await openTask(repository);
    write(old.worktree, { "work.txt": "unmerged\n" });
    git(old.worktree, "add", "-A");
    git(old.worktree, "commit", "-q", "-m", "by hand");
    const tip = git(old.worktree, "rev-parse", "HEAD").trim();
    git(
      home.root,
      "update-ref",
      "refs/heads/worknode/plan/1",
      git(home.root, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "x").trim(),
    );
    const record = await readRecord(old.taskDir);
    if (record === undefined) throw new Error("no record");
    await writeRecord(old.taskDir, { ...record, branch: "worknode/other/1" });
    const again = await openTask(repository);
    expect(git(again.worktree, "status", "--porcelain")).toBe("");
    const [aside = ""] = left(again);
    expect(readFileSync(join(dirname(again.worktree), aside, "work.txt"), "utf8")).toBe("unmerged\n");
    expect(git(join(dirname(again.worktree), aside), "rev-parse", "HEAD").trim()).toBe(tip);
    expect(
      git(home.root, "branch", "--list", "--format=%(refname:short)", "--contains", tip).trim().split("\n"),
    ).toContain(`worknode/plan/1-T1-left-${tip.slice(0, 12)}`);
  });

  it("opens many at once without a race", async () => {
    const repository = await makeRepository().find();
    await openBranch(repository);
    const opened = await Promise.all(Array.from({ length: 6 }, (_, index) => openTask(repository, `T${index}`)));
    expect(new Set(opened.map(({ gitDir }) => gitDir)).size).toBe(6);
    for (const workspace of opened) expect(git(workspace.worktree, "status", "--porcelain")).toBe("");
  });

  it("says which branch is missing", async () => {
    const repository = await makeRepository().find();
    const { permit, call } = approve({ cycle: 1, task: "T1", branch: "worknode/gone/1" });
    await expect(openTaskWorkspace(permit, repository, call)).rejects.toMatchObject({ code: "NO_BRANCH", exitCode: 2 });
  });

  it("checks out links, modes and odd names as they are committed", async () => {
    const home = makeRepository({ "ünï code\t.txt": "x\n", "crlf.txt": "a\r\nb\r\n" });
    const { symlinkSync, chmodSync, readlinkSync } = await import("node:fs");
    symlinkSync("crlf.txt", join(home.root, "link"));
    writeFileSync(join(home.root, "run"), "#!/bin/sh\n");
    chmodSync(join(home.root, "run"), 0o755);
    git(home.root, "add", "-A");
    git(home.root, "commit", "-q", "-m", "second");
    const { worktree } = await openTask(await home.find());
    expect(readlinkSync(join(worktree, "link"))).toBe("crlf.txt");
    expect(statSync(join(worktree, "run")).mode & 0o111).toBe(0o111);
    expect(readFileSync(join(worktree, "crlf.txt"), "utf8")).toBe("a\r\nb\r\n");
    expect(existsSync(join(worktree, "ünï code\t.txt"))).toBe(true);
  });
});

describe("the view of the cycle's head", () => {
  it("follows the branch and drops what was put into it", async () => {
    const repository = await makeRepository().find();
    const task = await openTask(repository);
    const view = await headView(repository);
    expect(view).toMatchObject({ task: "-", baseCommit: repository.head });
    write(view.worktree, { "a.txt": "scribbled\n" });
    write(task.worktree, { "new.txt": "merged\n" });
    expect((await merge(repository, task, ["new.txt"])).kind).toBe("merged");
    const later = await headView(repository);
    expect(later.worktree).toBe(view.worktree);
    expect(readFileSync(join(later.worktree, "new.txt"), "utf8")).toBe("merged\n");
    expect(readFileSync(join(later.worktree, "a.txt"), "utf8")).toBe("one\n");
    expect(later.baseCommit).not.toBe(view.baseCommit);
  });
});

describe("removing a task's workspace", () => {
  it("takes a clean or merged one away with its branch", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const workspace = await openTask(repository);
    write(workspace.worktree, { "new.txt": "x\n" });
    expect((await merge(repository, workspace, ["new.txt"])).kind).toBe("merged");
    await openTask(repository, "T2");
    expect(await remove(repository)).toEqual({ ok: true, value: undefined });
    expect((await remove(repository, "T2")).ok).toBe(true);
    expect(existsSync(workspace.worktree) || existsSync(workspace.taskDir) || existsSync(workspace.gitDir)).toBe(false);
    expect(git(home.root, "branch", "--list", "worknode/plan/1*").trim()).toBe("worknode/plan/1");
    expect(git(home.root, "worktree", "list").trim().split("\n")).toHaveLength(1);
  });

  it("goes with scratch deeper than any path can name", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    const script = 'cd "$0"; i=0; while [ $i -lt 60 ]; do mkdir $1 && cd ./$1 || exit 1; i=$((i + 1)); done';
    execFileSync("bash", ["-c", script, workspace.scratchDir, "d".repeat(100)]);
    expect((await remove(repository)).ok).toBe(true);
    expect(existsSync(workspace.taskDir)).toBe(false);
  });

  it("refuses while it holds work that is not on the branch", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    write(workspace.worktree, { "new.txt": "x\n" });
    expect(await remove(repository)).toMatchObject({ ok: false, error: expect.stringContaining("not merged") });
    expect((await merge(repository, workspace, ["new.txt"])).kind).toBe("merged");
    write(workspace.worktree, { "new.txt": "more\n" });
    expect((await remove(repository)).ok).toBe(false);
    write(workspace.worktree, { "new.txt": "x\n" });
    await repository.git.run(["update-ref", "refs/heads/worknode/plan/1", repository.head]);
    expect(await remove(repository)).toMatchObject({ ok: false, error: expect.stringContaining("is not on") });
    expect(existsSync(workspace.worktree)).toBe(true);
  });

  it("says so when there is none", async () => {
    const repository = await makeRepository().find();
    await openBranch(repository);
    expect((await remove(repository)).ok).toBe(false);
  });

  it("leaves a commit made by hand on the task's branch", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const workspace = await openTask(repository);
    git(workspace.worktree, "commit", "-q", "--allow-empty", "-m", "by hand");
    mkdirSync(join(workspace.worktree, "empty"));
    expect((await remove(repository)).ok).toBe(true);
    expect(git(home.root, "branch", "--list", "worknode/plan/1-T1").trim()).toBe("worknode/plan/1-T1");
  });
});

describe("a git that outlived its worknode", () => {
  it("is given time to finish, and the lock of a dead one is taken away", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    const lock = join(workspace.gitDir, "index.lock");
    let slept = 0;
    const clock = (finishAfter: number): Clock => ({
      nowMs: () => 0,
      sleep: () => {
        slept += 1;
        if (slept === finishAfter) rmSync(lock);
        return Promise.resolve();
      },
    });
    writeFileSync(lock, "");
    await freeIndex(workspace, clock(3));
    expect(slept).toBe(3);
    writeFileSync(lock, "");
    await freeIndex(workspace, clock(-1));
    expect(existsSync(lock)).toBe(false);
  });

  it("is waited for while it lives, as a person's commit is that waits in an editor", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    const [begun, go] = ["begun", "go"].map((name) => join(workspace.taskDir, name));
    writeFileSync(join(workspace.worktree, "a.txt"), "by hand\n");
    const editor = `sh -c 'echo by hand > "$1"; touch ${begun}; while [ ! -e ${go} ]; do sleep 0.05; done' --`;
    const commit = spawn("git", ["-c", "user.name=u", "-c", "user.email=u@example.com", "commit", "-qa"], {
      cwd: workspace.worktree,
      env: { PATH: process.env["PATH"], GIT_EDITOR: editor, GIT_CONFIG_NOSYSTEM: "1" },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => commit.on("close", resolve));
    await vi.waitUntil(() => existsSync(begun ?? ""), { timeout: 30_000 });
    const never: Clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
    const held = { code: "INDEX_HELD", retry: "transient", message: expect.stringContaining(`process ${commit.pid} `) };
    await expect(freeIndex(workspace, never)).rejects.toMatchObject(held);
    let slept = 0;
    const finish = async (): Promise<void> => {
      slept += 1;
      if (slept !== 300) return;
      writeFileSync(go ?? "", "");
      await ended;
    };
    await freeIndex(workspace, { nowMs: () => 0, sleep: finish });
    expect(await ended).toBe(0);
    expect(git(workspace.worktree, "log", "-1", "--format=%s").trim()).toBe("by hand");
    expect(git(workspace.worktree, "status", "--porcelain")).toBe("");
  });

  it("is one that has the lock open, whatever it is called and wherever it was started", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    const lock = openSync(join(workspace.gitDir, "index.lock"), "w");
    const other = spawn("sleep", ["600"], { cwd: "/", stdio: ["ignore", "ignore", lock] });
    closeSync(lock);
    const ended = new Promise((resolve) => other.on("close", resolve));
    const never: Clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
    await expect(freeIndex(workspace, never)).rejects.toMatchObject({ code: "INDEX_HELD" });
    other.kill();
    await ended;
    await freeIndex(workspace, never);
    expect(existsSync(join(workspace.gitDir, "index.lock"))).toBe(false);
  });

  it("does not get the place where it may still be writing given to a new worktree", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository);
    const record = await readRecord(workspace.taskDir);
    if (record === undefined) throw new Error("no record");
    await writeRecord(workspace.taskDir, { ...record, state: "creating" });
    const again = await openTask(repository);
    expect(again.worktree).not.toBe(workspace.worktree);
    expect((await openTask(repository)).worktree).toBe(again.worktree);
    expect(git(again.worktree, "branch", "--show-current").trim()).toBe("worknode/plan/1-T1");
  });
});
