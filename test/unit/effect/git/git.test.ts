import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { createGit, safePath } from "../../../../src/effect/git/git.js";
import { mergeTask } from "../../../../src/effect/merge/merge.js";
import { dirtyPaths } from "../../../../src/effect/workspace/branch.js";
import { treeHash } from "../../../../src/effect/workspace/tree.js";
import { approve, git, makeRepository, openBranch, openTask, temporaryDirectory, write } from "../fixture.js";

const HOOKS = [
  "post-checkout",
  "post-commit",
  "pre-commit",
  "reference-transaction",
  "post-index-change",
  "fsmonitor-watchman",
];

/** A repository that tries to run a program through everything git can be told to run. */
function hostile(): { home: ReturnType<typeof makeRepository>; pwned(): string[] } {
  const marks = temporaryDirectory();
  const run = (name: string): string => `touch ${marks}/${name}; cat`;
  const home = makeRepository({
    "a.txt": "one\n",
    "b.txt": "two\n",
    ".gitattributes": "*.txt filter=evil diff=evil merge=evil\nprocess.txt filter=proc\n",
    "process.txt": "p\n",
  });
  const extra = join(marks, "extra.config");
  mkdirSync(join(marks, "seen"));
  const settings: Record<string, string> = {
    "filter.evil.clean": run("seen/clean"),
    "filter.evil.smudge": run("seen/smudge"),
    "filter.evil.required": "true",
    "filter.proc.process": run("seen/process"),
    "diff.evil.command": run("seen/diff"),
    "diff.evil.textconv": run("seen/textconv"),
    "diff.external": run("seen/external"),
    "merge.evil.driver": run("seen/merge"),
    "core.fsmonitor": `${run("seen/fsmonitor")} #`,
    "core.hooksPath": join(marks, "hooks"),
    "core.sshCommand": run("seen/ssh"),
    "core.editor": run("seen/editor"),
    "core.pager": run("seen/pager"),
    "commit.gpgSign": "true",
    "tag.gpgSign": "true",
    "gpg.program": join(marks, "gpg"),
    "credential.helper": `!${run("seen/credential")}`,
    "alias.status": `!${run("seen/alias")}`,
    "alias.worktree": `!${run("seen/alias")}`,
    "include.path": extra,
    "trailer.x.command": run("seen/trailer"),
    "core.askPass": join(marks, "gpg"),
  };
  for (const [key, value] of Object.entries(settings)) git(home.root, "config", key, value);
  writeFileSync(extra, `[filter "evil"]\n\tsmudge = ${run("seen/include")}\n`);
  const program = (name: string): string => `#!/bin/sh\ntouch ${marks}/seen/${name}\n`;
  mkdirSync(join(marks, "hooks"));
  for (const directory of [join(marks, "hooks"), join(home.root, ".git/hooks")])
    for (const hook of HOOKS) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, hook), program(`hook-${hook}`));
      chmodSync(join(directory, hook), 0o755);
    }
  writeFileSync(join(marks, "gpg"), program("gpg"));
  chmodSync(join(marks, "gpg"), 0o755);
  const pwned = (): string[] => readdirSync(join(marks, "seen"));
  return { home, pwned };
}

describe("git that worknode runs", () => {
  it("executes nothing the repository configures, from the base to the merge", async () => {
    const hostileHome = hostile();
    const { home } = hostileHome;
    const repository = await home.find();
    write(home.root, { "a.txt": "uncommitted\n" });
    expect(await dirtyPaths(repository)).toEqual(["a.txt"]);
    await openBranch(repository, 1, true);
    const [first, second] = [await openTask(repository, "T1"), await openTask(repository, "T2")];
    expect(readFileSync(join(first.worktree, "a.txt"), "utf8")).toBe("uncommitted\n");
    write(first.worktree, { "b.txt": "two changed\n" });
    write(second.worktree, { "b.txt": "two\nmore\n" });
    await treeHash(first);
    const one = approve({ message: "one\n", paths: ["b.txt"], tree: await treeHash(first) });
    expect((await mergeTask(one.permit, repository, first, one.call)).kind).toBe("merged");
    const two = approve({ message: "two\n", paths: ["b.txt"], tree: await treeHash(second) });
    expect((await mergeTask(two.permit, repository, second, two.call)).kind).toBe("conflict");
    expect(hostileHome.pwned()).toEqual([]);
  });

  it("would have been caught: the user's own git does run those programs", () => {
    const hostileHome = hostile();
    const { home } = hostileHome;
    writeFileSync(join(home.root, "a.txt"), "changed\n");
    git(home.root, "hash-object", "--path", "a.txt", "a.txt");
    git(home.root, "checkout", "-q", "-f", "HEAD");
    expect(hostileHome.pwned()).toEqual(expect.arrayContaining(["clean", "hook-post-checkout"]));
  });

  it("inherits no GIT_ variable and no user or system configuration", async () => {
    const home = makeRepository();
    const other = makeRepository({ "other.txt": "other\n" });
    const repository = await home.find();
    vi.stubEnv("GIT_DIR", join(other.root, ".git"));
    vi.stubEnv("GIT_WORK_TREE", other.root);
    vi.stubEnv("GIT_INDEX_FILE", join(other.root, ".git/index"));
    vi.stubEnv("GIT_CONFIG_COUNT", "1");
    vi.stubEnv("GIT_CONFIG_KEY_0", "core.bare");
    vi.stubEnv("GIT_CONFIG_VALUE_0", "true");
    try {
      expect((await repository.git.run(["ls-files"])).trim()).toBe("a.txt");
      const config = await repository.git.run(["config", "--list", "--show-scope"]);
      expect(config).not.toMatch(/^(global|system)/m);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("does not use a git planted in the repository or in node_modules", () => {
    expect(safePath("/repo/node_modules/.bin:/x/node_modules/.bin:.:bin:/repo:/usr/bin:/bin", "/repo")).toBe(
      "/usr/bin:/bin",
    );
  });

  it("is known by its own identity and clock", async () => {
    const home = makeRepository();
    const repository = await home.find();
    const place = {
      gitDir: repository.gitDir,
      workTree: repository.checkout,
      privateDir: join(repository.stateDir, "git"),
    };
    const clock = { nowMs: () => 1_700_000_000_000, sleep: async () => undefined };
    const commit = (await createGit({ ...place, clock }).run(["commit-tree", "HEAD^{tree}", "-m", "x"])).trim();
    const text = await repository.git.run(["cat-file", "commit", commit]);
    expect(text).toContain("author worknode <worknode@localhost> 1700000000 +0000");
    expect(text).not.toContain("gpgsig");
  });

  it("reports a failure with the exit code", async () => {
    const repository = await makeRepository().find();
    await expect(repository.git.run(["rev-parse", "--verify", "nothing"])).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringContaining("128"),
    });
  });

  it("says what to install where there is no git", async () => {
    const repository = await makeRepository().find();
    vi.stubEnv("PATH", temporaryDirectory());
    try {
      await expect(repository.git.run(["status"])).rejects.toMatchObject({ code: "NO_GIT", exitCode: 2 });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("stops output beyond its bound", async () => {
    const home = makeRepository({ "big.bin": Buffer.alloc(70 * 1024 * 1024, "x") });
    const repository = await home.find();
    await expect(repository.git.run(["cat-file", "blob", "HEAD:big.bin"])).rejects.toMatchObject({
      code: "GIT_STOPPED",
    });
  });
});
