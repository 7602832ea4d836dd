import { chmodSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ensureParents } from "../../../../src/effect/disk/file-content.js";
import { observePath, readRegular, viewWorkspace } from "../../../../src/effect/disk/path-fact.js";
import { keptPaths, noteKept } from "../../../../src/effect/workspace/kept-paths.js";
import { changedFiles, compareTrees, describeDiff, readBase, treeHash } from "../../../../src/effect/workspace/tree.js";
import type { TaskWorkspace } from "../../../../src/effect/workspace/workspace.js";
import { sha256Hex } from "../../../../src/kernel/canonical.js";
import { git, makeRepository, openTask, temporaryDirectory, write } from "../fixture.js";

describe("the tree of a workspace", () => {
  it("has the same id for the same contents and another for others, whatever the index says", async () => {
    const workspace = await openTask(await makeRepository({ "a.txt": "one\n", "b.txt": "two\n" }).find());
    const base = await treeHash(workspace);
    expect(base).toBe(git(workspace.worktree, "rev-parse", "HEAD^{tree}").trim());
    write(workspace.worktree, { "a.txt": "changed\n" });
    const changed = await treeHash(workspace);
    git(workspace.worktree, "add", "-A");
    expect([await treeHash(workspace), changed !== base]).toEqual([changed, true]);
    write(workspace.worktree, { "a.txt": "one\n" });
    expect(await treeHash(workspace)).toBe(base);
  });

  it("is another where a file was overwritten in place, as long as before, within the second it was checked out", async () => {
    const workspace = await openTask(await makeRepository({ "a.txt": "one\n" }).find());
    const untilNextSecond = () => setTimeout(1_005 - (Date.now() % 1_000));
    await untilNextSecond();
    writeFileSync(join(workspace.worktree, "a.txt"), "one\n");
    git(workspace.worktree, "update-index", "a.txt");
    writeFileSync(join(workspace.worktree, "a.txt"), "two\n");
    await untilNextSecond();
    const tree = await treeHash(workspace);
    expect(git(workspace.worktree, "cat-file", "blob", `${tree}:a.txt`)).toBe("two\n");
    await untilNextSecond();
    expect(await treeHash(workspace)).toBe(tree);
  });

  it("names every kind of change with the hashes of the contents", async () => {
    const repository = await makeRepository({
      "mode.sh": "x\n",
      "gone.txt": "g\n",
      "type.txt": "t\n",
      "m.txt": "m\n",
    }).find();
    const workspace = await openTask(repository);
    chmodSync(join(workspace.worktree, "mode.sh"), 0o755);
    for (const path of ["gone.txt", "type.txt"]) rmSync(join(workspace.worktree, path));
    symlinkSync("m.txt", join(workspace.worktree, "type.txt"));
    symlinkSync("m.txt", join(workspace.worktree, "new-link"));
    write(workspace.worktree, { "m.txt": "n\n", "dir/add é.txt": "a\n" });
    expect(await changedFiles(workspace)).toEqual([
      { path: "dir/add é.txt", kind: "add", before: null, after: sha256Hex("a\n") },
      { path: "gone.txt", kind: "delete", before: sha256Hex("g\n"), after: null },
      { path: "m.txt", kind: "modify", before: sha256Hex("m\n"), after: sha256Hex("n\n") },
      { path: "mode.sh", kind: "mode", before: sha256Hex("x\n"), after: sha256Hex("x\n") },
      { path: "new-link", kind: "link", before: null, after: sha256Hex("m.txt") },
      { path: "type.txt", kind: "link", before: sha256Hex("t\n"), after: sha256Hex("m.txt") },
    ]);
  });

  it("tells a submodule and a link made a file from ordinary changes", async () => {
    const home = makeRepository({ "a.txt": "one\n" });
    symlinkSync("a.txt", join(home.root, "link"));
    git(home.root, "add", "-A");
    git(home.root, "commit", "-q", "-m", "link");
    rmSync(join(home.root, "link"));
    writeFileSync(join(home.root, "link"), "file\n");
    git(home.root, "update-index", "--add", "--cacheinfo", `160000,${git(home.root, "rev-parse", "HEAD").trim()},sub`);
    git(home.root, "add", "link");
    const tree = git(home.root, "write-tree").trim();
    const kinds = (await compareTrees((await home.find()).git, "HEAD", tree)).map(
      ({ path, kind }) => `${kind} ${path}`,
    );
    expect(kinds).toEqual(["type link", "special sub"]);
  });

  it("reads base texts once, and none of what is missing or binary", async () => {
    const workspace = await openTask(
      await makeRepository({ "a.txt": "one\n", "b.bin": Buffer.from([0, 1]), "empty.txt": "" }).find(),
    );
    write(workspace.worktree, { "a.txt": "changed\n" });
    const read = (): Promise<(string | null)[]> =>
      Promise.all(["a.txt", "b.bin", "missing", "empty.txt"].map((path) => readBase(workspace, path)));
    expect(await read()).toEqual(["one\n", null, null, ""]);
    expect(await read()).toEqual(["one\n", null, null, ""]);
  });

  it("forgets the oldest base texts beyond its bound", async () => {
    const workspace = await openTask(await makeRepository().find());
    let runs = 0;
    const read = (): Promise<undefined[]> => {
      runs += 1;
      return Promise.resolve([undefined]);
    };
    const cheap = { ...workspace, git: { ...workspace.git, objects: { ...workspace.git.objects, read } } };
    for (let index = 0; index < 257; index += 1) await readBase(cheap, `f${index}`);
    await readBase(cheap, "f256");
    await readBase(cheap, "f0");
    expect(runs).toBe(258);
  });

  it("is made once for the same files, and anew for other text of the same size and time", async () => {
    const opened = await openTask(await makeRepository().find());
    const commands: (string | undefined)[] = [];
    const run: TaskWorkspace["git"]["run"] = (args, options) => {
      commands.push(args[0]);
      return opened.git.run(args, options);
    };
    const workspace = { ...opened, git: { ...opened.git, run } };
    const file = join(workspace.worktree, "a.txt");
    const changed = new Date(0);
    const put = (text: string): void => {
      writeFileSync(file, text);
      utimesSync(file, changed, changed);
    };
    put("two\n");
    const tree = await treeHash(workspace);
    commands.length = 0;
    expect(await treeHash(workspace)).toBe(tree);
    expect(commands).toEqual(["status"]);
    put("TWO\n");
    const other = await treeHash(workspace);
    expect(git(workspace.worktree, "show", `${other}:a.txt`)).toBe("TWO\n");
    chmodSync(file, 0o755);
    expect(await treeHash(workspace)).not.toBe(other);
    rmSync(file);
    expect(git(workspace.worktree, "ls-tree", await treeHash(workspace))).toBe("");
  });

  it("is made anew where somebody has pruned it", async () => {
    const home = makeRepository();
    const workspace = await openTask(await home.find());
    write(workspace.worktree, { "a.txt": "two\n" });
    const tree = await treeHash(workspace);
    git(home.root, "prune", "--expire=now");
    expect(await treeHash(workspace)).toBe(tree);
    expect(git(home.root, "show", `${tree}:a.txt`)).toBe("two\n");
  });

  it("is described as a diff, cut where it grows too long", async () => {
    const workspace = await openTask(await makeRepository().find());
    write(workspace.worktree, { "a.txt": "two\n" });
    expect(await describeDiff(workspace, 10_000)).toContain("-one\n+two\n");
    expect(await describeDiff(workspace, 20)).toMatch(/\(diff cut after 20 characters\)\n$/);
  });
});

describe("paths of a worktree", () => {
  it("are seen component by component, without following links", async () => {
    const root = temporaryDirectory();
    write(root, { "dir/file.txt": "x", "real/deep/f": "y" });
    symlinkSync("real", join(root, "link"));
    symlinkSync("dir/file.txt", join(root, "dir/alias"));
    const seen = async (path: string): Promise<unknown> => {
      const { kind, linkOnTheWay, link } = await observePath(root, path);
      return link === undefined ? [kind, linkOnTheWay] : [kind, linkOnTheWay, link];
    };
    expect(await seen("dir/file.txt")).toEqual(["file", false]);
    expect(await seen("dir")).toEqual(["directory", false]);
    expect(await seen("none/deep")).toEqual(["missing", false]);
    expect(await seen("dir/file.txt/x")).toEqual(["other", false]);
    expect(await seen("link/deep/f")).toEqual(["other", true, "link"]);
    expect(await seen("dir/alias")).toEqual(["other", true, "dir/alias"]);
    expect(await seen("x".repeat(300))).toEqual(["other", false]);
  });

  it("are read as regular files only, within a bound", async () => {
    const root = temporaryDirectory();
    write(root, { "f.txt": "12345" });
    symlinkSync("f.txt", join(root, "link"));
    const view = viewWorkspace(root);
    expect((await view.read("f.txt", 5))?.toString()).toBe("12345");
    for (const [path, max] of [
      ["f.txt", 4],
      ["link", 9],
      ["missing", 9],
      [".", 9],
    ] as const)
      expect(await view.read(path, max)).toBeNull();
    expect(await readRegular(join(root, "link"), 9)).toBeNull();
    expect((await view.observe("f.txt")).kind).toBe("file");
  });

  it("get their parents made, never through something that is no directory", async () => {
    const root = temporaryDirectory();
    write(root, { file: "x" });
    symlinkSync("/tmp", join(root, "link"));
    for (const path of ["file/x", "link/x"]) expect(() => ensureParents(root, path)).toThrow(/not a directory/);
    expect(() => ensureParents(join(root, "none"), "a/b")).toThrow("ENOENT");
  });
});

describe("the list of kept paths", () => {
  it("survives a line cut short by a crash", async () => {
    const workspace = await openTask(await makeRepository().find());
    const change = (path: string): never => ({ path, kind: "add", before: null, after: null }) as never;
    noteKept(workspace, [change("a\nb"), change("c")]);
    writeFileSync(join(workspace.taskDir, "kept-paths"), '\n"cut', { flag: "a" });
    noteKept(workspace, [change("c"), change("d")]);
    expect(keptPaths(workspace)).toEqual(["a\nb", "c", "d"]);
  });
});
