import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { cycleBranchName, dirtyPaths, openCycleBranch, refPart } from "../../../../src/effect/workspace/branch.js";
import { approve, git, makeRepository, openBranch, openTask, temporaryDirectory, write } from "../fixture.js";

/** Every file of the checkout and of its index, HEAD and branch, with content and mode. */
function fingerprint(root: string): string {
  const hash = createHash("sha256");
  const own = ["HEAD", "index", "refs/heads/main", "config"].map((name) => readFileSync(join(root, ".git", name)));
  for (const content of own) hash.update(content);
  for (const name of readdirSync(root, { recursive: true, encoding: "utf8" }).sort()) {
    if (name === ".git" || name.startsWith(".git/")) continue;
    const stat = lstatSync(join(root, name));
    hash.update(`${name} ${stat.mode} ${stat.mtimeMs} `);
    if (stat.isSymbolicLink()) hash.update(readlinkSync(join(root, name)));
    if (stat.isFile()) hash.update(readFileSync(join(root, name)));
  }
  return hash.digest("hex");
}

/** Uncommitted work of every sort. */
function makeDirty(root: string): void {
  write(root, {
    "a.txt": "changed\n",
    "new file\t.txt": "new\n",
    "staged.txt": "staged\n",
    ".env": "SECRET=1\n",
    "ignored.log": "x",
  });
  git(root, "add", "staged.txt");
  git(root, "rm", "-q", "--cached", "b.txt");
}

const FILES = { "a.txt": "one\n", "b.txt": "two\n", ".gitignore": "*.log\n" };

describe("the cycle's branch", () => {
  it("starts at HEAD under the plan's name and leaves checkout, index and branch byte for byte", async () => {
    const home = makeRepository(FILES);
    makeDirty(home.root);
    const before = fingerprint(home.root);
    const repository = await home.find();
    const branch = await openBranch(repository, 3);
    await openTask(repository);
    expect(branch).toBe("worknode/plan/3");
    expect(git(home.root, "rev-parse", branch).trim()).toBe(repository.head);
    expect(fingerprint(home.root)).toBe(before);
  });

  it("holds a snapshot of uncommitted work when asked, without ignored files and secrets", async () => {
    const home = makeRepository({ ...FILES, ".env.local": "TRACKED=1\n" });
    makeDirty(home.root);
    writeFileSync(join(home.root, ".env.local"), "TRACKED=secret\n");
    const before = fingerprint(home.root);
    const branch = await openBranch(await home.find(), 1, true);
    expect(fingerprint(home.root)).toBe(before);
    expect(git(home.root, "show", `${branch}:a.txt`)).toBe("changed\n");
    expect(git(home.root, "ls-tree", "-r", "-z", "--name-only", branch).split("\0")).toEqual(
      expect.arrayContaining(["new file\t.txt", "staged.txt", "b.txt"]),
    );
    expect(git(home.root, "ls-tree", "-r", "--name-only", branch)).not.toMatch(/ignored|\.env$/m);
    expect(git(home.root, "show", `${branch}:.env.local`)).toBe("TRACKED=1\n");
    expect(git(home.root, "rev-parse", `${branch}^`)).toBe(git(home.root, "rev-parse", "HEAD"));
    expect(readdirSync((await home.find()).stateDir).filter((name) => name.startsWith("index"))).toEqual([]);
  });

  it("needs no snapshot of a clean checkout", async () => {
    const home = makeRepository(FILES);
    expect(git(home.root, "rev-parse", await openBranch(await home.find(), 1, true))).toBe(
      git(home.root, "rev-parse", "HEAD"),
    );
  });

  it("is given again as it is now", async () => {
    const home = makeRepository(FILES);
    const repository = await home.find();
    const branch = await openBranch(repository);
    git(home.root, "commit", "-q", "--allow-empty", "-m", "user went on");
    const { permit, call } = approve({ plan_id: "plan", cycle: 1, include_wip: false });
    expect(await openCycleBranch(permit, await home.find(), call, () => "opened")).toEqual({
      branch,
      head: repository.head,
    });
  });

  it("is refused when no call of the cycle made it, also where it is at HEAD", async () => {
    const home = makeRepository(FILES);
    git(home.root, "branch", "worknode/plan/1");
    const repository = await home.find();
    const { permit, call } = approve({ plan_id: "plan", cycle: 1, include_wip: false });
    const opening = openCycleBranch(permit, repository, call, () => undefined);
    await expect(opening).rejects.toMatchObject({ code: "BRANCH_EXISTS", exitCode: 2 });
  });

  it.each([false, true])("is taken over from an interrupted call, and nobody else's is: snapshot %s", async (wip) => {
    const home = makeRepository(FILES);
    if (wip) makeDirty(home.root);
    const repository = await home.find();
    const openAgain = async () => {
      const { permit, call } = approve({ plan_id: "plan", cycle: 1, include_wip: wip });
      return await openCycleBranch(permit, repository, call, () => ({ interruptedAt: repository.head }));
    };
    const { branch, head } = await openAgain();
    expect(await openAgain()).toEqual({ branch, head });
    const foreign = git(home.root, "commit-tree", `${head}^{tree}`, "-p", head, "-m", "another's").trim();
    git(home.root, "update-ref", `refs/heads/${branch}`, foreign);
    await expect(openAgain()).rejects.toMatchObject({ code: "BRANCH_EXISTS" });
  });

  it("is refused when a branch of that name has nothing to do with HEAD or is in the way", async () => {
    const home = makeRepository(FILES);
    const root = git(home.root, "commit-tree", "HEAD^{tree}", "-m", "unrelated").trim();
    git(home.root, "branch", "worknode/plan/1", root);
    await expect(openBranch(await home.find())).rejects.toMatchObject({ code: "BRANCH_EXISTS", exitCode: 2 });
    git(home.root, "branch", "worknode/other");
    const { permit, call } = approve({ plan_id: "other", cycle: 1, include_wip: false });
    await expect(openCycleBranch(permit, await home.find(), call, () => undefined)).rejects.toMatchObject({
      code: "BRANCH_FAILED",
      exitCode: 2,
    });
  });

  it("needs the permit of exactly this call", async () => {
    const repository = await makeRepository(FILES).find();
    const { permit } = approve({ plan_id: "plan", cycle: 1, include_wip: false });
    const { call } = approve({ plan_id: "plan", cycle: 2, include_wip: false });
    await expect(openCycleBranch(permit, repository, call, () => undefined)).rejects.toMatchObject({
      code: "ERROR_NOT_APPROVED",
    });
    await expect(openCycleBranch({} as typeof permit, repository, call, () => undefined)).rejects.toMatchObject({
      code: "ERROR_NOT_APPROVED",
    });
  });

  it("gets a name git allows from any plan id", () => {
    expect(cycleBranchName("release-1.2", 4)).toBe("worknode/release-1.2/4");
    for (const id of ["a b", "../x", "x.lock", "x..y", "-", "é", "a/b", ".x", "x."]) {
      expect(refPart(id)).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(refPart(id)).not.toBe(refPart(`${id}!`));
    }
  });
});

describe("uncommitted changes", () => {
  it("are listed without what git ignores for the user and without worknode's own file", async () => {
    const home = makeRepository(FILES);
    makeDirty(home.root);
    const config = temporaryDirectory();
    write(config, { "git/ignore": "staged-by-global\n" });
    write(home.root, { "staged-by-global": "x", ".worknode/.gitignore": "worknode.db*\n" });
    vi.stubEnv("XDG_CONFIG_HOME", config);
    vi.stubEnv("HOME", config);
    try {
      expect(await dirtyPaths(await home.find())).toEqual([".env", "a.txt", "b.txt", "new file\t.txt", "staged.txt"]);
      write(config, { ".gitconfig": `[core]\n\texcludesFile = ${config}/mine\n`, mine: "*.txt\n" });
      expect(await dirtyPaths(await home.find())).toEqual([".env", "a.txt", "b.txt", "staged-by-global", "staged.txt"]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("do not include submodules, whose own configuration could run programs, or nested repositories", async () => {
    const [inner, home] = [makeRepository(), makeRepository(FILES)];
    git(home.root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.root, "sub");
    git(home.root, "commit", "-q", "-m", "submodule");
    const mark = join(temporaryDirectory(), "pwned");
    git(join(home.root, "sub"), "config", "core.fsmonitor", `touch ${mark}`);
    write(home.root, { "sub/a.txt": "changed in the submodule\n" });
    mkdirSync(join(home.root, "nested"));
    git(join(home.root, "nested"), "init", "-q");
    write(home.root, { "nested/file": "x" });
    symlinkSync("/etc/passwd", join(home.root, "link"));
    expect(await dirtyPaths(await home.find())).toEqual(["link"]);
    await openBranch(await home.find(), 1, true);
    expect(() => lstatSync(mark)).toThrow(/ENOENT/);
  });
});
