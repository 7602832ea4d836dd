import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { minimalConfig } from "../../../../src/effect/git/git-directory.js";
import { ensureProjectDir, findRepository } from "../../../../src/effect/repository/repository.js";
import { locateRepository } from "../../../../src/effect/repository/repository-location.js";
import { git, makeRepository, temporaryDirectory } from "../fixture.js";

/** The user nobody owns anything as. */
const NOBODY = 65_534;

describe("finding the repository", () => {
  it("gives the same root, project and state from any sub-directory and any worktree", async () => {
    const home = makeRepository({ "deep/er/file.txt": "x" });
    const linked = join(temporaryDirectory(), "linked");
    git(home.root, "worktree", "add", "-q", "-b", "other", linked);
    const [root, below, other] = [
      await home.find(),
      await home.find(join(home.root, "deep/er")),
      await home.find(linked),
    ];
    expect(root.root).toBe(home.root);
    expect(below).toMatchObject({
      root: home.root,
      projectId: root.projectId,
      stateDir: root.stateDir,
      checkout: home.root,
    });
    expect(other).toMatchObject({
      root: home.root,
      projectId: root.projectId,
      databasePath: root.databasePath,
      checkout: linked,
    });
    expect(root.databasePath).toBe(join(home.root, ".worknode/worknode.db"));
    expect(root.stateDir).toBe(join(home.state, "worknode", root.projectId));
    expect(root.projectId).toMatch(/^[0-9a-f]{16}$/);
  });

  it("takes the base from the worktree the user is in", async () => {
    const home = makeRepository();
    const linked = join(temporaryDirectory(), "linked");
    git(home.root, "worktree", "add", "-q", "-b", "other", linked);
    git(linked, "commit", "-q", "--allow-empty", "-m", "ahead");
    expect((await home.find(linked)).head).toBe(git(linked, "rev-parse", "HEAD").trim());
    expect((await home.find(linked)).head).not.toBe((await home.find()).head);
  });

  it("finds a repository reached through a symbolic link under its real path", async () => {
    const home = makeRepository();
    const link = join(temporaryDirectory(), "link");
    symlinkSync(home.root, link);
    expect((await home.find(link)).root).toBe(home.root);
  });

  it("lets a worktree of a bare repository stand for itself", async () => {
    const home = makeRepository();
    const directory = temporaryDirectory();
    git(directory, "clone", "-q", "--bare", home.root, join(directory, ".git"));
    git(join(directory, ".git"), "worktree", "add", "-q", join(directory, "tree"), "main");
    expect((await home.find(join(directory, "tree"))).root).toBe(join(directory, "tree"));
  });

  it("finds a submodule as a repository of its own", async () => {
    const [inner, outer] = [makeRepository(), makeRepository()];
    git(outer.root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.root, "sub");
    const found = await outer.find(join(outer.root, "sub"));
    expect(found.root).toBe(join(outer.root, "sub"));
    expect(found.projectId).not.toBe((await outer.find()).projectId);
  });

  it("says what to do where there is no repository", async () => {
    const directory = temporaryDirectory();
    await expect(findRepository(directory)).rejects.toMatchObject({
      code: "NO_REPOSITORY",
      exitCode: 2,
      message: expect.stringContaining("git init"),
    });
  });

  it("does not take a broken .git for a repository", () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, ".git"), "not a pointer");
    expect(locateRepository(directory)).toBeUndefined();
    const other = temporaryDirectory();
    mkdirSync(join(other, ".git"));
    expect(locateRepository(other)).toBeUndefined();
  });

  it("says what to do where there is no commit", async () => {
    const directory = temporaryDirectory();
    git(directory, "init", "-q");
    await expect(findRepository(directory, { env: { XDG_STATE_HOME: temporaryDirectory() } })).rejects.toMatchObject({
      code: "NO_COMMIT",
      exitCode: 2,
      message: expect.stringContaining("git commit"),
    });
  });

  it("keeps its state directory to the user, and ignores a relative XDG_STATE_HOME", async () => {
    const home = makeRepository();
    const { stateDir } = await home.find();
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    const relative = locateRepository(home.root, { XDG_STATE_HOME: "relative", HOME: "/home/someone" });
    expect(relative?.stateDir).toMatch(/^\/home\/someone\/\.local\/state\/worknode\//);
  });

  it("says where the state directory cannot be made", async () => {
    const home = makeRepository();
    writeFileSync(join(temporaryDirectory(), "x"), "");
    const blocked = join(home.root, "a.txt");
    await expect(findRepository(home.root, { env: { XDG_STATE_HOME: blocked } })).rejects.toMatchObject({
      code: "STATE_DIRECTORY",
      exitCode: 2,
      message: expect.stringContaining("XDG_STATE_HOME"),
    });
  });
});

describe("the project directory", () => {
  it("keeps the database and logs out of git and leaves what is there as it is", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const directory = await ensureProjectDir(repository);
    writeFileSync(join(directory, "worknode.db-wal"), "");
    expect(git(home.root, "status", "--porcelain", "-uall").trim()).toBe("?? .worknode/.gitignore");
    writeFileSync(join(directory, ".gitignore"), "mine\n");
    await ensureProjectDir(repository);
    expect(readFileSync(join(directory, ".gitignore"), "utf8")).toBe("mine\n");
  });

  it("is refused where something else has its name", async () => {
    const home = makeRepository();
    writeFileSync(join(home.root, ".worknode"), "");
    await expect(ensureProjectDir(await home.find())).rejects.toMatchObject({ code: "PROJECT_DIRECTORY", exitCode: 2 });
    const linked = makeRepository();
    symlinkSync(temporaryDirectory(), join(linked.root, ".worknode"));
    await expect(ensureProjectDir(await linked.find())).rejects.toMatchObject({ code: "PROJECT_DIRECTORY" });
  });

  it("is refused in a read-only directory", async () => {
    const home = makeRepository();
    const repository = await home.find();
    chmodSync(dirname(home.root), 0o755);
    chmodSync(home.root, 0o555);
    // root may write everywhere, so it is somebody else for the length of this call
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      await expect(ensureProjectDir(repository)).rejects.toMatchObject({ code: "PROJECT_DIRECTORY", exitCode: 2 });
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(home.root, 0o755);
    }
  });
});

describe("the private git directory", () => {
  it("takes over how objects are stored and nothing else", () => {
    const config =
      "[core]\n\trepositoryformatversion = 1\n\tfsmonitor = evil\n[extensions]\n\tobjectFormat = sha256\n\tworktreeConfig = true\n[include]\n\tpath = evil\n";
    expect(minimalConfig(config)).toBe(
      "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectformat = sha256\n",
    );
  });

  it("works on a repository of SHA-256 objects", async () => {
    const directory = temporaryDirectory();
    git(directory, "init", "-q", "--object-format=sha256");
    git(directory, "commit", "-q", "--allow-empty", "-m", "first");
    const found = await findRepository(directory, { env: { XDG_STATE_HOME: temporaryDirectory() } });
    expect(found.head).toMatch(/^[0-9a-f]{64}$/);
  });

  it("repairs links that lead elsewhere", async () => {
    const home = makeRepository();
    const { stateDir } = await home.find();
    const { rmSync } = await import("node:fs");
    rmSync(join(stateDir, "git/refs"));
    symlinkSync("/nowhere", join(stateDir, "git/refs"));
    expect((await home.find()).head).toMatch(/^[0-9a-f]{40}$/);
    expect(lstatSync(join(stateDir, "git/refs")).isSymbolicLink()).toBe(true);
  });
});
