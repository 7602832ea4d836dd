import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gitFailed } from "../../../../src/effect/git/git-process.js";
import { repositoryFault } from "../../../../src/effect/git/repository-fault.js";
import { findRepository } from "../../../../src/effect/repository/repository.js";
import { makeRepo, type Repo } from "../../../scenario/harness.js";

const MAIN = fileURLToPath(new URL("../../../../dist/main.js", import.meta.url));
/** Root to whom a file's mode says what it says to others. */
const WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];

describe("what is wrong with a repository", () => {
  let repo: Repo;
  beforeEach(() => {
    repo = makeRepo({ "a/b.txt": "text\n" });
  });
  afterEach(() => repo.remove());

  it("is nothing where its settings are not there, as git needs none", () => {
    rmSync(join(repo.dir, ".git/config"));
    expect(repositoryFault(repo.dir)).toBeUndefined();
  });

  it("is nothing where there is none, and where it is sound, from any folder of it and any worktree", () => {
    expect(repositoryFault("/")).toBeUndefined();
    expect(repositoryFault(join(repo.dir, "a"))).toBeUndefined();
    repo.git("worktree", "add", "-q", "../beside");
    expect(repositoryFault(join(repo.dir, "../beside/a"))).toBeUndefined();
  });

  it.each(["HEAD", "refs", "objects"])("is a part of it that is not there: %s", async (part) => {
    rmSync(join(repo.dir, ".git", part), { recursive: true });
    const why = `The repository at ${repo.dir} cannot be used: ${join(repo.dir, ".git", part)} is missing.`;
    expect(repositoryFault(join(repo.dir, "a"))).toContain(why);
    await expect(findRepository(repo.dir, { env: repo.env })).rejects.toMatchObject({
      code: "NO_REPOSITORY",
      message: expect.stringContaining(why),
    });
  });

  it("is a worktree's repository that was moved, with what to do", () => {
    repo.git("worktree", "add", "-q", "../beside");
    renameSync(repo.dir, `${repo.dir}-moved`);
    expect(repositoryFault(join(repo.dir, "../beside"))).toMatch(/is missing\..*git worktree repair/);
    renameSync(`${repo.dir}-moved`, repo.dir);
  });

  it.each(["worktrees/beside/HEAD", "HEAD", "refs", "objects"])("is a part that a worktree of it lacks: %s", (part) => {
    repo.git("worktree", "add", "-q", "../beside");
    rmSync(join(repo.dir, ".git", part), { recursive: true });
    expect(repositoryFault(join(repo.dir, "../beside"))).toContain(`${join(repo.dir, ".git", part)} is missing.`);
  });

  it("are settings that may not be read, of which git needs to know how objects are named", () => {
    repo.git("init", "-q", "--object-format=sha256", "new");
    const place = join(repo.dir, "new");
    repo.git("-C", place, "commit", "-q", "--allow-empty", "-m", "one");
    chmodSync(join(place, ".git/config"), 0);
    const node = [process.execPath, MAIN, "run", "plan.yaml"];
    const [program = "", ...args] = process.getuid?.() === 0 ? [...WITHOUT_PRIVILEGE, ...node] : node;
    const { status, stderr } = spawnSync(program, args, { cwd: place, env: repo.env, encoding: "utf8" });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining(`${place}/.git/config cannot be read (EACCES). Make its .git readable`),
    });
  });

  it("is told of a commit that cannot be read, and not that there is none", async () => {
    const id = repo.git("rev-parse", "HEAD").trim();
    const object = join(repo.dir, ".git/objects", id.slice(0, 2), id.slice(2));
    rmSync(object);
    writeFileSync(object, "no object");
    await expect(findRepository(repo.dir, { env: repo.env })).rejects.toMatchObject({
      code: "GIT_UNREADABLE",
      exitCode: 2,
      message: expect.stringMatching(/could not read the repository .*`git fsck` names what is damaged/s),
    });
    mkdirSync(join(repo.dir, "new"));
    repo.git("init", "-q", "new");
    await expect(findRepository(join(repo.dir, "new"), { env: repo.env })).rejects.toMatchObject({ code: "NO_COMMIT" });
  });

  it.each([
    ["fatal: failed to read object 59c11b: Permission denied", "GIT_UNREADABLE", "Make its .git readable"],
    [
      "error: unable to open object pack directory: /r/.git/objects/pack: Permission denied",
      "GIT_UNREADABLE",
      "readable",
    ],
    ["fatal: packed object 59c11b (stored in /r/p.pack) is corrupt", "GIT_UNREADABLE", "git fsck"],
    ["error: insufficient permission for adding an object to repository database", "GIT_READONLY", "writable"],
    ["fatal: Unable to create '/r/.git/index.lock': Permission denied", "GIT_READONLY", "writable"],
    ["error: unable to create temporary file: Read-only file system", "GIT_READONLY", "writable"],
    ["fatal: bad revision 'x'", "GIT_FAILED", "bad revision"],
  ])("is told by what git says: %s", (stderr, code, remedy) => {
    const fault = gitFailed(["cat-file"], { code: 128, stdout: Buffer.alloc(0), stderr });
    expect(fault).toMatchObject({ code, message: expect.stringContaining(remedy) });
  });
});
