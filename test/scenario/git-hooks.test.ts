import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { branchy } from "./check-ground.js";
import {
  closeRepositories,
  ENFORCE,
  git,
  guardedRepository,
  install,
  openRepository,
  serverOf,
  uninstall,
} from "./git-hook-ground.js";
import type { Repo } from "./harness.js";

afterEach(closeRepositories);

describe("in a developer's clone", () => {
  it("pre-commit stops what is over a limit, by what is staged alone, and lets honest work pass", async () => {
    const repo = guardedRepository();
    expect(await install(repo)).toContain("pre-commit installed\n");
    repo.write("src/a.ts", branchy("a", 9));
    repo.git("add", "-A");
    repo.write("src/a.ts", branchy("a", 4));
    const refused = git(repo, "commit", "-m", "too much");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("max-complexity") });
    repo.git("add", "-A");
    expect(git(repo, "commit", "-m", "fine")).toMatchObject({ code: 0 });
  });

  it("a commit of named files is judged by what it commits", async () => {
    const repo = guardedRepository({ "src/b.ts": branchy("b", 2) });
    await install(repo);
    repo.write("src/a.ts", branchy("a", 9));
    repo.write("src/b.ts", branchy("b", 3));
    expect(git(repo, "commit", "-m", "b", "src/b.ts").code).toBe(0);
    expect(git(repo, "commit", "-m", "a", "src/a.ts").code).toBe(1);
  });

  it("pre-commit judges the first commit of all, against nothing", async () => {
    const repo = guardedRepository();
    await install(repo);
    repo.git("switch", "-q", "--orphan", "first");
    repo.write("src/a.ts", branchy("a", 9));
    repo.git("add", "-A");
    const first = git(repo, "commit", "-m", "first");
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining("observed, not enforced; 1 error(s)") });
  });

  it("commit-msg refuses worknode's trailers without a receipt of the tree", async () => {
    const repo = guardedRepository();
    await install(repo);
    repo.write("notes.md", "n\n");
    repo.git("add", "-A");
    const refused = git(repo, "commit", "-m", "mine\n\nWorknode-Task: T1");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("take the Worknode- lines out") });
    expect(git(repo, "commit", "-m", "mine").code).toBe(0);
  });

  it("pre-push judges what is pushed, whatever was committed with --no-verify", async () => {
    const repo = guardedRepository();
    serverOf(repo);
    repo.git("push", "-q", "origin", "main");
    await install(repo);
    repo.git("switch", "-q", "-c", "work");
    repo.write("src/a.ts", branchy("a", 9));
    expect(git(repo, "commit", "-q", "--no-verify", "-am", "too much").code).toBe(0);
    expect(git(repo, "push", "-q", "origin", "work")).toMatchObject({
      code: 1,
      err: expect.stringContaining("max-complexity"),
    });
    repo.write("src/a.ts", branchy("a", 4));
    expect(git(repo, "commit", "-q", "-am", "fine").code).toBe(0);
    expect(git(repo, "push", "-q", "origin", "work").code).toBe(0);
    expect(git(repo, "push", "-q", "origin", ":work").code).toBe(0);
  });

  it("run after the hooks that were there, whose refusal stands, and go without a trace", async () => {
    const repo = guardedRepository();
    const path = join(repo.dir, ".git/hooks/pre-push");
    const mine = '#!/bin/sh\necho "mine: $1 $(cat)" >&2\nexit 7\n';
    repo.write(".git/hooks/pre-push", mine);
    chmodSync(path, 0o755);
    expect(await install(repo)).toContain("pre-push installed; the hook that was there runs first");
    expect(await install(repo)).toContain("pre-push installed\n");
    serverOf(repo);
    const refused = git(repo, "push", "origin", "main");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("mine: origin refs/heads/main ") });
    expect(refused.err).not.toContain("worknode check");
    expect(await uninstall(repo)).toContain("pre-push removed; the hook that was there before is back");
    expect(readFileSync(path, "utf8")).toBe(mine);
    expect(existsSync(join(repo.dir, ".git/hooks/pre-commit"))).toBe(false);
    expect(await uninstall(repo)).toBe("no hook of worknode's is installed\n");
  });

  it("run a hook for a shell under its own name, which is how husky's find what to do, also when it was written anew", async () => {
    const repo = guardedRepository({ ".husky/pre-commit": "echo theirs >> ran\nexit 0\n" });
    repo.git("config", "core.hooksPath", ".husky/_");
    const stub = '#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n';
    const put = (): void => {
      repo.write(
        ".husky/_/h",
        'n=$(basename "$0")\ns=$(dirname "$(dirname "$0")")/$n\n[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\nexit $?\n',
      );
      repo.write(".husky/_/pre-commit", stub);
      repo.chmod(".husky/_/pre-commit", 0o755);
    };
    put();
    await install(repo);
    repo.write("src/a.ts", branchy("a", 4));
    expect(git(repo, "commit", "-m", "fine", "src/a.ts").code).toBe(0);
    expect(readFileSync(join(repo.dir, "ran"), "utf8")).toBe("theirs\n");
    put();
    await install(repo);
    repo.write("src/a.ts", branchy("a", 9));
    expect(git(repo, "commit", "-m", "too much", "src/a.ts").code).toBe(1);
    expect(readFileSync(join(repo.dir, "ran"), "utf8")).toBe("theirs\ntheirs\n");
    await uninstall(repo);
    expect(readFileSync(join(repo.dir, ".husky/_/pre-commit"), "utf8")).toBe(stub);
    expect(existsSync(join(repo.dir, ".husky/_/pre-commit.before-worknode"))).toBe(false);
  });

  it("are put where core.hooksPath says", async () => {
    const repo = guardedRepository();
    repo.git("config", "core.hooksPath", ".hooks");
    expect(await install(repo)).toContain(`${join(repo.dir, ".hooks/pre-commit")} installed`);
  });
});

describe("on a server", () => {
  it("pre-receive refuses a push that breaks a limit or loosens the rules, and --no-verify does not help", async () => {
    const repo = guardedRepository();
    const bare = serverOf(repo);
    await install({ dir: bare, env: repo.env }, "--server");
    const push = (branch: string): { code: number | null; err: string } =>
      git(repo, "push", "--no-verify", "origin", branch);
    expect(push("main")).toMatchObject({ code: 0, err: expect.stringContaining("nothing to compare it with") });
    repo.git("switch", "-q", "-c", "work");
    repo.write("src/a.ts", branchy("a", 9));
    repo.git("commit", "-q", "-am", "too much");
    expect(push("work")).toMatchObject({ code: 1, err: expect.stringContaining("max-complexity") });
    repo.git("reset", "-q", "--hard", "main");
    repo.write(".worknode/check.yaml", "version: 1\nmode: observe\n");
    repo.git("commit", "-q", "-am", "loosen");
    expect(push("work")).toMatchObject({ code: 1, err: expect.stringContaining("rules-changed") });
    repo.git("reset", "-q", "--hard", "main");
    repo.write("src/a.ts", branchy("a", 4));
    repo.git("commit", "-q", "-am", "fine");
    expect(push("work").code).toBe(0);
    const heads = execFileSync("git", ["--git-dir", bare, "for-each-ref", "--format=%(refname)"], { encoding: "utf8" });
    expect(heads).toBe("refs/heads/main\nrefs/heads/work\n");
  });

  /** A clone and its server, on which a policy came after a first commit. Answers that first one. */
  async function served(): Promise<{ repo: Repo; first: string; push: (...refs: string[]) => ReturnType<typeof git> }> {
    const repo = openRepository({ "src/a.ts": branchy("a", 3) });
    const first = repo.git("rev-parse", "HEAD").trim();
    const bare = serverOf(repo);
    repo.write(".worknode/check.yaml", ENFORCE);
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "policy");
    repo.git("push", "-q", "origin", "main");
    await install({ dir: bare, env: repo.env }, "--server");
    return { repo, first, push: (...refs) => git(repo, "push", "--no-verify", "--force", "origin", ...refs) };
  }

  it("pre-receive judges by the default branch, also where a branch left it before there were rules", async () => {
    const { repo, first, push } = await served();
    expect(push(`${first}:refs/heads/old`).code).toBe(0);
    repo.git("switch", "-q", "-c", "old", first);
    repo.write("src/a.ts", branchy("a", 9));
    repo.git("commit", "-q", "-am", "too much");
    expect(push("old")).toMatchObject({ code: 1, err: expect.stringContaining("max-complexity") });
    repo.git("replace", "main", first);
    expect(push("old", `${first}:refs/replace/${repo.git("rev-parse", "refs/heads/main").trim()}`).code).toBe(1);
    repo.git("replace", "-d", repo.git("rev-parse", "refs/heads/main").trim());
    repo.write("src/a.ts", branchy("a", 4));
    repo.git("commit", "-q", "-a", "--amend", "-m", "fine");
    expect(push("old").code).toBe(0);
    repo.write("src/b.ts", branchy("b", 9));
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "more");
    expect(push("old")).toMatchObject({ code: 1, err: expect.stringMatching(/checked 1 file\(s\), 1 function/) });
  });

  it("pre-receive judges every ref of a push, tags and rewritten branches as well, and of a refused push nothing stays", {
    timeout: 240_000,
  }, async () => {
    const { repo, push } = await served();
    const server = (...args: string[]): string => repo.git("--git-dir", join(repo.dir, "../bare.git"), ...args).trim();
    const refs = (): string[] => server("for-each-ref", "--format=%(refname)").split("\n");
    const branch = (name: string, complexity: number): void => {
      repo.git("switch", "-q", "-C", name, "main");
      repo.write("src/a.ts", branchy("a", complexity));
      repo.git("commit", "-q", "-am", name);
    };
    branch("good", 4);
    branch("bad", 9);
    const refusal = { code: 1, err: expect.stringContaining("max-complexity") };
    expect(push("good", "bad", "main:refs/heads/same")).toMatchObject(refusal);
    expect(refs()).toEqual(["refs/heads/main"]);
    expect(() => server("cat-file", "-e", repo.git("rev-parse", "bad").trim())).toThrow();
    expect(push("good", "main:refs/heads/same").code).toBe(0);
    for (const kind of [["-f"], ["-f", "-a", "-m", "tag"]])
      for (const name of ["good", "bad"]) repo.git("tag", ...kind, `${name}-${kind.length}`, name);
    expect(push("bad-1")).toMatchObject(refusal);
    expect(push("bad-4")).toMatchObject(refusal);
    expect(push("good-1", "good-4").code).toBe(0);
    branch("good", 9);
    expect(push("good")).toMatchObject(refusal);
    expect(push(":same", "good")).toMatchObject(refusal);
    expect(refs()).toContain("refs/heads/same");
    branch("good", 5);
    expect(push("good", ":same", ":refs/tags/good-1").code).toBe(0);
    expect(refs()).toEqual(["refs/heads/good", "refs/heads/main", "refs/tags/good-4"]);
  });

  it("pre-receive may be the single file, called by two lines", async () => {
    const { repo, push } = await served();
    const hook = `#!/bin/sh\nexec '${process.execPath}' '${join(process.cwd(), "dist/check.mjs")}' --hook pre-receive\n`;
    repo.write("../bare.git/hooks/pre-receive", hook);
    repo.git("switch", "-q", "-c", "work");
    repo.write("src/a.ts", branchy("a", 9));
    repo.git("commit", "-q", "-am", "too much");
    expect(push("work")).toMatchObject({ code: 1, err: expect.stringContaining("max-complexity") });
    repo.write("src/a.ts", branchy("a", 4));
    repo.git("commit", "-q", "--amend", "-am", "fine");
    expect(push("work").code).toBe(0);
  });

  it("pre-receive takes a rewind of the default branch for the change it is", async () => {
    const { first, push } = await served();
    expect(push(`${first}:main`)).toMatchObject({ code: 1, err: expect.stringContaining("rules-changed") });
  });

  it("pre-receive judges a branch that shares no history as all new, and lets honest pages pass", async () => {
    const { repo, push } = await served();
    repo.git("switch", "-q", "--orphan", "pages");
    repo.write("index.md", "hi\n");
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "pages");
    expect(push("pages")).toMatchObject({ code: 0, err: expect.stringContaining("checked 1 file(s)") });
    repo.write("a.ts", branchy("a", 9));
    repo.git("add", "-A");
    repo.git("commit", "-q", "--amend", "-m", "pages");
    expect(push("pages:other")).toMatchObject({ code: 1, err: expect.stringContaining("max-complexity") });
  });

  it("pre-receive refuses where HEAD names no branch and others are: nothing would ever be judged", async () => {
    const { repo, push } = await served();
    repo.git("--git-dir", join(repo.dir, "../bare.git"), "symbolic-ref", "HEAD", "refs/heads/gone");
    const refused = push("main:new");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("git symbolic-ref HEAD") });
  });

  it("pre-receive keeps the default branch, without which there are no rules, and lets others go", async () => {
    const { repo, push } = await served();
    repo.git("--git-dir", join(repo.dir, "../bare.git"), "config", "receive.denyDeleteCurrent", "ignore");
    expect(push("main:refs/heads/other").code).toBe(0);
    expect(push(":main")).toMatchObject({ code: 1, err: expect.stringContaining("is the default branch") });
    expect(push(":other").code).toBe(0);
  });

  it("a hook whose worknode is gone refuses, and says what to do", async () => {
    const repo = guardedRepository();
    await install(repo);
    const path = join(repo.dir, ".git/hooks/pre-commit");
    repo.write(".git/hooks/pre-commit", readFileSync(path, "utf8").replaceAll("dist/main.js", "dist/gone.js"));
    repo.write("src/a.ts", branchy("a", 4));
    const refused = git(repo, "commit", "-am", "fine");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("dist/gone.js - install it again") });
  });
});
