import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { callTool } from "../../src/crew/service/tool-call.js";
import { makeRepo, type Repo } from "./harness.js";
import { canMount } from "./small-disk.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const PLAN =
  "apiVersion: worknode/v1\nkind: Plan\nid: view\ntitle: View\nphases:\n  - id: p\n    tasks:\n      - {id: A, title: A, owner: implementer, files: {write: [notes.md]}}\n";

async function said(command: string): Promise<string> {
  const { report } = await callTool({
    cwd: repo?.dir ?? "",
    env: repo?.env ?? {},
    signal: new AbortController().signal,
    yes: true,
    planPath: "plan.yaml",
    task: "A",
    tool: "Bash",
    input: { command },
    dryRun: false,
  });
  const { stdout, stderr } = report.result as { stdout: string; stderr: string };
  return stdout + stderr;
}

it("shows commands status, diff and the base commit where a denied file was committed, and nothing of that file", async () => {
  repo = makeRepo({
    "plan.yaml": PLAN,
    "notes.md": "one\n",
    ".env": "secret-value\n",
    "sub/.env.prod": "secret-value\n",
  });
  repo.git("commit", "-q", "--allow-empty", "-m", "next");
  expect(await said("git status --short; git diff")).toBe("");
  expect(await said("git log --format=%s; git rev-list --count HEAD")).toBe("next\n1\n");
  expect(await said("echo two >> notes.md; git status --short; git diff --stat; git diff")).toContain("+two");
  expect(await said("git log --oneline; git blame notes.md; git show --stat HEAD -- notes.md")).toContain("next");
  const all = await said(
    "git show HEAD:.env; git diff HEAD; git cat-file --batch-all-objects --batch; cat .env sub/.env.prod",
  );
  expect(all).not.toContain("secret-value");
  expect(
    await said("git grep -h two; git show --format=%s; git show HEAD:.env; git stash list; git fsck 2>&1"),
  ).toMatch(/^two\nnext\n[^]*\+one\n/);
});

/** Enough that a pack of them is linked and not packed anew. */
const MANY = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`many/${index}.txt`, `${index}\n`]));
/** Every way to an object of the store, whether a name leads to it or not. */
const EVERYTHING = `git cat-file --batch-all-objects --batch --unordered; git fsck --lost-found --no-dangling 2>&1; git log --all -p; git stash list -p; git log -g -p; git grep secret-value $(git rev-list --all); d=$(git rev-parse --git-common-dir); ls -R $d; cat $d/objects/info/alternates; strings -a $(find $d -type f) | head -c 100000; for o in OBJECTS; do git cat-file -p $o; git show $o; cat $d/objects/$(echo $o | cut -c1-2)/$(echo $o | cut -c3-) | perl -e 'print'; done`;

it("shows them nothing that no branch or tag leads to: amended, dropped, stashed, once staged, in a borrowed store", async () => {
  repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n", "app.conf": "none\n", ...MANY });
  const objects: string[] = [];
  const note = (name: string): number => objects.push(repo?.git("rev-parse", name).trim() ?? "");
  const change = (text: string): void => repo?.write("app.conf", `${text} secret-value\n`);
  change("amended");
  repo.git("commit", "-q", "-am", "amended secret-value");
  for (const name of ["HEAD", "HEAD^{tree}", "HEAD:app.conf"]) note(name);
  repo.git("reset", "-q", "--hard", "HEAD~1");
  change("dropped");
  repo.git("checkout", "-q", "--detach");
  repo.git("commit", "-q", "-am", "dropped");
  note("HEAD:app.conf");
  repo.git("checkout", "-q", "main");
  change("stashed");
  repo.git("stash", "-q");
  note("stash:app.conf");
  repo.git("notes", "add", "-m", "a note of secret-value");
  change("once staged");
  repo.git("add", "app.conf");
  note(":app.conf");
  repo.git("reset", "-q", "--hard");
  repo.git("repack", "-q", "-a", "-d", "-k"); // what nothing reaches lies in the same pack as the rest
  for (let index = 0; index < 20; index += 1) repo.write(`later/${index}`, `later ${index}\n`);
  repo.git("add", "later");
  repo.git("commit", "-q", "-m", "later");
  const told = await said(EVERYTHING.replace("OBJECTS", objects.join(" ")));
  expect(told).toContain("alternates: No such file");
  expect(told).toContain("base");
  expect(told).not.toContain("secret-value");
  expect(told).not.toContain("amended");
  expect(await said("git status --short; git fsck --full 2>&1; git describe --all")).toMatch(/heads\//);
});

it("looks for a denied file on every branch: where another one holds it, the history of the base commit is left", async () => {
  repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n" });
  repo.write("notes.md", "two\n");
  repo.git("commit", "-q", "-am", "second");
  repo.git("tag", "-a", "-m", "release", "v1");
  repo.git("checkout", "-q", "-b", "other");
  repo.write(".env", "secret-value\n");
  repo.git("add", "-f", ".env");
  repo.git("commit", "-q", "-m", "third");
  repo.git("checkout", "-q", "main");
  const told = await said("git log --all --format=%s; git describe; git show other:.env; git branch -a");
  expect(told).toContain("second\nbase\nv1\n");
  expect(told).not.toMatch(/third|secret-value/);
  expect(await said("git cat-file --batch-all-objects --batch")).not.toContain("secret-value");
});

it.each([
  ["folder", "an\nold one/.env"],
  ["file", "an old\n.env.prod"],
  ["file in a folder", "old/it\n.pem"],
])("shows no denied file behind a line break in the name of a %s, on a side that was merged away", async (_, path) => {
  repo = makeRepo({
    "plan.yaml": PLAN.replace("phases:", "workspace: {deny: [.env, '*.prod', '*.pem']}\nphases:"),
    "notes.md": "one\n",
  });
  repo.git("checkout", "-q", "-b", "side");
  repo.write(path, "secret-value\n");
  repo.git("add", "-f", ".");
  repo.git("commit", "-q", "-m", "side");
  repo.git("checkout", "-q", "main");
  repo.write("notes.md", "two\n");
  repo.git("commit", "-q", "-am", "second");
  repo.git("merge", "-q", "-s", "ours", "-m", "merged", "side");
  repo.git("branch", "-q", "-D", "side");
  expect(await said("git log --format=%s; cat notes.md")).toBe("merged\ntwo\n");
  expect(await said("git cat-file --batch-all-objects --batch; git show HEAD^2: HEAD^2")).not.toContain("secret-value");
});

it("shows a file that is denied later no longer, though the commit is the same", async () => {
  repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n", "private.txt": "secret-value\n" });
  expect(await said("git show HEAD:private.txt")).toBe("secret-value\n");
  repo.write("plan.yaml", PLAN.replace("phases:", "workspace: {deny: [private.txt]}\nphases:"));
  expect(
    await said("cat private.txt; git show HEAD:private.txt; git cat-file --batch-all-objects --batch"),
  ).not.toContain("secret-value");
});

it.skipIf(!canMount())(
  "is made where the state is on another disk than the repository, which keeps no pack of it",
  async () => {
    repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n" });
    const state = repo.env["XDG_STATE_HOME"] ?? "";
    mkdirSync(state);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", state]).status).toBe(0);
    try {
      expect((await said("git log --format=%s; echo two >> notes.md; git diff --stat")).trim()).toMatch(
        /^base\n notes\.md/,
      );
      expect(readdirSync(join(repo.dir, ".git/objects/pack"))).toEqual([]);
    } finally {
      expect(spawnSync("umount", [state]).status).toBe(0);
    }
  },
);

it("shows them the whole history where none was", async () => {
  repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n" });
  repo.write("notes.md", "two\n");
  repo.git("commit", "-q", "-am", "second");
  expect((await said("git log --format=%s")).trim().split("\n")).toEqual(["second", "base"]);
  expect(await said("git show HEAD~1:notes.md")).toBe("one\n");
});

it("shows a large history through the packs of the repository, not through copies, and to each task anew", async () => {
  repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n" });
  for (const [path, text] of Object.entries(MANY)) repo.write(path, text);
  repo.git("add", "-A");
  repo.git("commit", "-q", "-m", "many");
  repo.git("repack", "-q", "-a", "-d");
  repo.write("notes.md", "two\n");
  repo.git("commit", "-q", "-am", "loose");
  expect(await said("git log --format=%s; git count-objects -v; git fsck 2>&1")).toMatch(
    /loose\nmany\nbase\n[^]*packs: 2\n/,
  );
  const packs = repo.git("rev-parse", "--git-path", "objects/pack").trim();
  const [pack = ""] = readdirSync(join(repo.dir, packs)).filter((name) => name.endsWith(".pack"));
  expect(statSync(join(repo.dir, packs, pack)).nlink).toBe(2);
});
