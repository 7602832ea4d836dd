import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { branchy } from "./check-ground.js";
import { closeRepositories, git, guardedRepository, install, serverOf, uninstall } from "./git-hook-ground.js";
import type { Repo } from "./harness.js";

afterEach(closeRepositories);

/** That a commit over a limit is refused and an honest one is not, in a checkout. */
function expectGuarded(repo: Pick<Repo, "dir" | "env">): void {
  writeFileSync(join(repo.dir, "src/a.ts"), branchy("a", 9));
  expect(git(repo, "commit", "-am", "too much")).toMatchObject({
    code: 1,
    err: expect.stringContaining("max-complexity"),
  });
  writeFileSync(join(repo.dir, "src/a.ts"), branchy("a", 4));
  expect(git(repo, "commit", "-q", "--allow-empty", "-am", "fine")).toEqual({ code: 0, err: expect.anything() });
}

/** Everything in a folder: kinds, modes, bytes, and where links lead. */
function everything(folder: string): unknown[] {
  return readdirSync(folder).map((name) => {
    const path = join(folder, name);
    const { mode } = lstatSync(path);
    return [name, mode, lstatSync(path).isSymbolicLink() ? readlinkSync(path) : readFileSync(path, "latin1")];
  });
}

describe("hooks are put where git looks", () => {
  it("or not at all where a setting for all repositories has it look elsewhere; the way out is told, and works", async () => {
    const repo = guardedRepository();
    const folder = join(repo.dir, "../home/hooks");
    writeFileSync(join(repo.dir, "../home/.gitconfig"), "[core]\n\thooksPath = ~/hooks\n");
    const refused = await install(repo).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: "HOOKS_ELSEWHERE", exitCode: 2, message: expect.stringContaining(folder) });
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(join(repo.dir, ".git/hooks")).filter((name) => !name.endsWith(".sample"))).toEqual([]);
    const [, advice = ""] = /instead: (git config .*), and install again/.exec(String(refused)) ?? [];
    execFileSync("sh", ["-c", advice], { cwd: repo.dir, env: repo.env });
    expect(await install(repo)).toContain(join(repo.dir, ".git/hooks/pre-commit"));
    expectGuarded(repo);
    repo.git("config", "--unset", "core.hooksPath");
    expect(await uninstall(repo)).toContain(`${join(repo.dir, ".git/hooks/pre-commit")} removed`);
  });

  it("also where the environment has it look elsewhere", async () => {
    const repo = guardedRepository();
    const set = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.hooksPath", GIT_CONFIG_VALUE_0: "/elsewhere" };
    await expect(install({ dir: repo.dir, env: { ...repo.env, ...set } })).rejects.toMatchObject({
      message: expect.stringContaining("/elsewhere (command configuration)"),
    });
  });

  it("by a relative core.hooksPath, given from below, and in a linked worktree of its own", async () => {
    const repo = guardedRepository({ "src/deep/x.md": "x\n" });
    repo.git("config", "core.hooksPath", ".hooks");
    const linked = { dir: join(repo.dir, "../linked"), env: repo.env };
    repo.git("worktree", "add", "-q", "-b", "linked", linked.dir);
    expect(await install({ dir: join(repo.dir, "src/deep"), env: repo.env })).toContain(
      `${join(repo.dir, ".hooks/pre-commit")} installed`,
    );
    expectGuarded(repo);
    expect(existsSync(join(linked.dir, ".hooks"))).toBe(false);
    await install(linked);
    expectGuarded(linked);
  });

  it("once for all worktrees where nothing is set, given in any of them", async () => {
    const repo = guardedRepository();
    const linked = { dir: join(repo.dir, "../linked"), env: repo.env };
    repo.git("worktree", "add", "-q", "-b", "linked", linked.dir);
    expect(await install(linked)).toContain(`${join(repo.dir, ".git/hooks/pre-commit")} installed`);
    expectGuarded(repo);
    expectGuarded(linked);
    await uninstall(linked);
    writeFileSync(join(repo.dir, "src/a.ts"), branchy("a", 9));
    expect(git(repo, "commit", "-qam", "too much").code).toBe(0);
  });
});

describe("what was there before", () => {
  it("is back byte for byte, with its modes, links, and what git took no notice of", async () => {
    const repo = guardedRepository();
    const hooks = join(repo.dir, ".git/hooks");
    writeFileSync(join(hooks, "pre-commit"), Buffer.from("#!/bin/sh\r\n# \xff\xfe caf\xe9\r\nexit 9\r\n", "latin1"));
    chmodSync(join(hooks, "pre-commit"), 0o640);
    writeFileSync(join(repo.dir, "../theirs.sh"), "#!/bin/sh\necho theirs >&2\n");
    chmodSync(join(repo.dir, "../theirs.sh"), 0o700);
    symlinkSync("../../../theirs.sh", join(hooks, "commit-msg"));
    writeFileSync(join(hooks, "pre-push"), "exit 0\n");
    chmodSync(join(hooks, "pre-push"), 0o4751);
    const before = everything(hooks);
    await install(repo);
    await install(repo);
    expectGuarded(repo);
    writeFileSync(join(repo.dir, "src/a.ts"), branchy("a", 5));
    expect(git(repo, "commit", "-qam", "fine").err).toContain("theirs\n");
    await uninstall(repo);
    expect(everything(hooks)).toEqual(before);
  });

  it("is not written through where it is a link that leads nowhere", async () => {
    const repo = guardedRepository();
    const target = join(repo.dir, "../nowhere");
    const path = join(repo.dir, ".git/hooks/pre-commit");
    symlinkSync(target, path);
    await install(repo);
    await install(repo);
    expect(existsSync(target)).toBe(false);
    expectGuarded(repo);
    await uninstall(repo);
    expect([lstatSync(path).isSymbolicLink(), readlinkSync(path)]).toEqual([true, target]);
    expect(existsSync(target)).toBe(false);
  });

  it("stops the installing, with nothing changed, where it is no file, or a second hook", async () => {
    const repo = guardedRepository();
    const hooks = join(repo.dir, ".git/hooks");
    mkdirSync(join(hooks, "pre-push"));
    await expect(install(repo)).rejects.toMatchObject({ code: "HOOK_IN_THE_WAY" });
    expect(existsSync(join(hooks, "pre-commit"))).toBe(false);
    const other = guardedRepository();
    other.write(".git/hooks/commit-msg", "exit 0\n");
    await install(other);
    other.write(".git/hooks/commit-msg", "exit 1\n");
    await expect(install(other)).rejects.toMatchObject({ code: "HOOK_IN_THE_WAY" });
    expect(readFileSync(join(other.dir, ".git/hooks/commit-msg.before-worknode"), "utf8")).toBe("exit 0\n");
  });

  it("runs by its own interpreter, with its arguments and what git says to it", async () => {
    const repo = guardedRepository();
    const hook = `#!${process.execPath}\nconst said = require("node:fs").readFileSync(0, "utf8");\nrequire("node:fs").writeFileSync("../said", JSON.stringify([process.argv.slice(2), said]));\n`;
    repo.write(".git/hooks/pre-push", hook);
    repo.chmod(".git/hooks/pre-push", 0o755);
    const bare = serverOf(repo);
    await install(repo);
    expect(git(repo, "push", "-q", "origin", "main").code).toBe(0);
    const [args, said] = JSON.parse(readFileSync(join(repo.dir, "../said"), "utf8"));
    const id = repo.git("rev-parse", "HEAD").trim();
    expect(args).toEqual(["origin", bare]);
    expect(said).toBe(`refs/heads/main ${id} refs/heads/main ${"0".repeat(40)}\n`);
  });

  it.each([
    [
      "pre-commit's, a script for bash that finds its folder and has arrays",
      '#!/usr/bin/env bash\nARGS=(hook-impl --hook-type=pre-commit)\nHERE="$(cd "$(dirname "$0")" && pwd)"\nARGS+=(--hook-dir "$HERE" -- "$@")\necho "${ARGS[*]} by $(basename "$0")" > ran\n',
      /^hook-impl --hook-type=pre-commit --hook-dir .*\/\.git\/hooks -- by pre-commit\n$/,
    ],
    [
      "lefthook's, a script for sh with a function that hands its name on",
      '#!/bin/sh\ncall_it() {\n  if [ "$LEFTHOOK" = "0" ]; then exit 0; fi\n  echo "$@" > ran\n}\ncall_it run "$(basename "$0")" "$@"\n',
      /^run pre-commit\n$/,
    ],
    ["one without a first line", 'echo "plain $(basename "$0")" > ran\n', /^plain pre-commit/],
    ["one that stops at the first fault", "#!/bin/sh -e\necho begun > ran\nfalse\necho gone on > ran\n", /^begun\n$/],
  ])("runs as its tool wrote it: %s", async (_what, hook, ran) => {
    const repo = guardedRepository();
    repo.write(".git/hooks/pre-commit", hook);
    repo.chmod(".git/hooks/pre-commit", 0o755);
    await install(repo);
    const done = git(repo, "commit", "-q", "--allow-empty", "-m", "fine");
    expect(done.code).toBe(hook.includes("false\n") ? 1 : 0);
    expect(readFileSync(join(repo.dir, "ran"), "utf8")).toMatch(ran);
  });
});

describe("hooks that a client starts with a bare PATH", () => {
  const GIT = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();

  /** Git as a program with a window starts it. */
  function bare(repo: Repo, ...args: string[]): { code: number; err: string } {
    const env = { HOME: repo.env["HOME"], PATH: "/nowhere", GIT_CONFIG_NOSYSTEM: "1" };
    const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    try {
      execFileSync(GIT, [...identity, ...args], { cwd: repo.dir, env, encoding: "utf8", stdio: "pipe" });
      return { code: 0, err: "" };
    } catch (thrown) {
      const { status, stderr } = thrown as { status: number; stderr: string };
      return { code: status, err: stderr };
    }
  }

  it("judge what is committed and what is pushed", async () => {
    const repo = guardedRepository();
    serverOf(repo);
    repo.git("push", "-q", "origin", "main");
    await install(repo);
    repo.git("switch", "-q", "-c", "work");
    repo.write("src/a.ts", branchy("a", 9));
    expect(bare(repo, "commit", "-am", "m")).toMatchObject({ code: 1, err: expect.stringContaining("max-complexity") });
    expect(bare(repo, "commit", "--no-verify", "-qam", "m").code).toBe(0);
    expect(bare(repo, "push", "origin", "work")).toMatchObject({
      code: 1,
      err: expect.stringContaining("max-complexity"),
    });
    repo.write("src/a.ts", branchy("a", 4));
    expect(bare(repo, "commit", "-qam", "m").code).toBe(0);
    expect(bare(repo, "push", "-q", "origin", "work").code).toBe(0);
  });

  it.each([
    [process.execPath, "node"],
    ["main.js'", "main.js"],
  ])("refuse where %s is gone, and say so", async (_path, name) => {
    const repo = guardedRepository();
    await install(repo);
    const path = join(repo.dir, ".git/hooks/pre-commit");
    const script = readFileSync(path, "utf8");
    const [program = ""] = new RegExp(`/[^']*/${name}(?=')`).exec(script) ?? [];
    repo.write(".git/hooks/pre-commit", script.replaceAll(`'${program}'`, "'/gone'"));
    repo.write("src/a.ts", branchy("a", 4));
    const refused = bare(repo, "commit", "-am", "fine");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("there is no /gone - install it again") });
  });
});
