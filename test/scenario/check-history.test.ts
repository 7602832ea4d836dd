import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { checkUnchanged } from "../../src/surface/check/unchanged.js";
import { makeContext } from "../unit/surface/screen.js";
import { branchy, check, checkReport, namesOf } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

const ENFORCE = "version: 1\nmode: enforce\n";
const open: Repo[] = [];
function repository(files: Record<string, string> = {}): Repo {
  const repo = makeRepo({ "src/a.ts": branchy("a", 3), ".worknode/check.yaml": ENFORCE, ...files });
  open.push(repo);
  repo.git("switch", "-q", "-C", "change");
  return repo;
}
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

function commit(repo: Repo, files: Record<string, string>, message = "change"): string {
  for (const [path, text] of Object.entries(files)) repo.write(path, text);
  repo.git("add", "-A");
  repo.git("commit", "-q", "-m", message);
  return repo.git("rev-parse", "HEAD").trim();
}

/** A commit whose policy lets everything pass, off the branch. */
function laxCommit(repo: Repo): string {
  const lax = commit(repo, { ".worknode/check.yaml": "version: 1\n" });
  repo.git("reset", "-q", "--hard", "main");
  return lax;
}

/** Writes a commit object as it is given, as `git commit` never would. */
function rawCommit(repo: Repo, header: readonly string[], message: string): string {
  const person = "t <t@example.com> 1700000000 +0000";
  const [tree = "", ...rest] = header;
  const parents = rest.filter((line) => line.startsWith("parent "));
  const later = rest.filter((line) => !line.startsWith("parent ")).map((line) => line.replace(/^later-/, ""));
  const text = [`tree ${tree}`, ...parents, `author ${person}`, `committer ${person}`, ...later, "", message].join(
    "\n",
  );
  writeFileSync(join(repo.dir, "../commit"), `${text}\n`);
  return repo.git("hash-object", "-t", "commit", "-w", join(repo.dir, "../commit")).trim();
}

describe("the base", () => {
  it("is what it is: no replaced object and no graft stands for it", async () => {
    const repo = repository();
    const lax = laxCommit(repo);
    commit(repo, { "src/a.ts": branchy("a", 9) });
    repo.git("replace", "main", lax);
    expect((await check(repo, "--base", "main")).code).toBe(4);
    repo.git("replace", "-d", repo.git("rev-parse", "main").trim());
    mkdirSync(join(repo.dir, ".git/info"), { recursive: true });
    const newest = commit(repo, { "b.md": "b\n" });
    writeFileSync(join(repo.dir, ".git/info/grafts"), `${repo.git("rev-parse", "main").trim()} ${newest}\n`);
    const report = await checkReport(repo, "--base", "main");
    expect(namesOf(report)).toEqual(["max-complexity src/a.ts:2"]);
  });

  it("is not chosen by who pushes a tag of its name", async () => {
    const repo = repository();
    const lax = laxCommit(repo);
    commit(repo, { "src/a.ts": branchy("a", 9) });
    repo.git("update-ref", "refs/remotes/origin/main", "main");
    for (const name of ["main", "origin/main"]) {
      repo.git("tag", name, lax);
      for (const asked of [name, `${name}^{commit}`, `${name}~0`])
        expect(await check(repo, "--base", asked)).toMatchObject({
          code: 2,
          out: "",
          err: expect.stringMatching(/may be any of: refs\/tags\//),
        });
    }
    const id = repo.git("rev-parse", "refs/heads/main").trim();
    for (const full of ["refs/heads/main", "refs/remotes/origin/main", id])
      expect((await check(repo, "--base", full)).code, full).toBe(4);
    repo.git("tag", id.slice(0, 8), lax);
    expect((await check(repo, "--base", id.slice(0, 8))).err).toContain("or a commit's id");
    repo.git("tag", "same", id);
    repo.git("branch", "same", id);
    expect((await check(repo, "--base", "same")).code).toBe(4);
  });

  it("is not chosen so where nothing differs either", () => {
    const repo = makeRepo({ "a.md": "a\n" });
    open.push(repo);
    const start = (base: string): number | undefined =>
      checkUnchanged(makeContext({ cwd: repo.dir, env: repo.env }), ["--base", base], {
        version: "0",
        policy: {},
        isPlainPlan: () => false,
      });
    expect(start("main")).toBe(0);
    repo.git("commit", "-q", "--allow-empty", "-m", "other");
    repo.git("tag", "main", "HEAD~1");
    expect(start("main")).toBeUndefined();
    expect(start("refs/heads/main")).toBe(0);
  });

  it.each([
    ["core.worktree", "/usr/share"],
    ["core.bare", "true"],
  ])("is found whatever %s says", async (setting, value) => {
    const repo = repository();
    commit(repo, { "src/a.ts": branchy("a", 9) });
    repo.git("config", setting, value);
    expect(await check(repo, "--base", "main")).toMatchObject({ code: 4, err: "" });
  });

  it("is that of the checkout, not of files in it that look like a repository", async () => {
    const repo = repository();
    const other = makeRepo({ "a.md": "a\n" });
    open.push(other);
    other.git("update-ref", "refs/remotes/origin/main", "main");
    commit(other, { "a.md": "b\n" });
    other.git("config", "core.bare", "true");
    cpSync(join(other.dir, ".git"), join(repo.dir, "packages"), { recursive: true });
    repo.git("update-ref", "refs/remotes/origin/main", "main");
    const inside = { dir: join(repo.dir, "packages"), env: repo.env };
    const run = await check(inside, "--base", "origin/main", "--mode", "enforce");
    expect(run).toMatchObject({ code: 2, out: "", err: expect.stringContaining("lies in another one") });
    const bare = join(repo.dir, "../bare");
    cpSync(join(other.dir, ".git"), bare, { recursive: true });
    expect((await check({ dir: bare, env: repo.env }, "--base", "origin/main", "--mode", "enforce")).code).toBe(0);
    expect((await check({ dir: join(bare, "refs"), env: repo.env }, "--base", "origin/main")).code).toBe(0);
    rmSync(bare, { recursive: true });
  });
});

describe("a change", () => {
  it("holds its submodules, whatever .gitmodules and settings leave out", async () => {
    const repo = repository();
    commit(repo, { ".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = x\n\tignore = all\n' });
    repo.git("branch", "-f", "main");
    repo.git("update-index", "--add", "--cacheinfo", `160000,${repo.git("rev-parse", "HEAD").trim()},lib`);
    repo.git("commit", "-q", "-m", "submodule");
    expect((await checkReport(repo, "--base", "main")).checked.files).toBe(1);
    repo.git("config", "diff.ignoreSubmodules", "all");
    expect((await checkReport(repo, "--base", "main")).checked.files).toBe(1);
  });

  it("has the parents that git reads, not those a later line of a commit names", async () => {
    const repo = repository({ ".worknode/check.yaml": "version: 1\nmode: enforce\nappliesTo: agents\n" });
    const side = commit(repo, { "src/a.ts": branchy("a", 9) }, "side");
    const tree = repo.git("rev-parse", `${side}^{tree}`).trim();
    const main = repo.git("rev-parse", "main").trim();
    const agent = "x\n\nCo-authored-by: Claude <noreply@anthropic.com>";
    const forged = rawCommit(repo, [tree, `parent ${main}`, `later-parent ${side}`], agent);
    repo.git("reset", "-q", "--hard", forged);
    expect(repo.git("rev-list", "--count", "main..HEAD").trim()).toBe("1");
    const report = await checkReport(repo, "--base", "main");
    expect(namesOf(report)).toEqual(["max-complexity src/a.ts:2"]);
  });

  it("of an agent's that has no parent touches all it holds", async () => {
    const repo = repository({ ".worknode/check.yaml": "version: 1\nmode: enforce\nappliesTo: agents\n" });
    repo.git("switch", "-q", "--orphan", "other");
    commit(repo, { "src/b.ts": branchy("b", 9) }, "x\n\nCo-authored-by: Claude <noreply@anthropic.com>");
    repo.git("switch", "-q", "change");
    repo.git("merge", "-q", "--allow-unrelated-histories", "-m", "merge", "other");
    expect(namesOf(await checkReport(repo, "--base", "main"))).toEqual(["max-complexity src/b.ts:2"]);
  });
});
