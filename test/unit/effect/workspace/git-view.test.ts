import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Repository } from "../../../../src/effect/repository/repository.js";
import { openGitView } from "../../../../src/effect/workspace/git-view.js";
import type { TaskWorkspace } from "../../../../src/effect/workspace/workspace.js";
import { git, makeRepository, openTask, write } from "../fixture.js";

/** All that a command could read in the view of a workspace. */
async function shown(repository: Repository, workspace: TaskWorkspace): Promise<string> {
  const { gitDir } = await openGitView(repository, workspace);
  const args = ["--git-dir", gitDir, "cat-file", "--batch-all-objects", "--batch"];
  return execFileSync("git", args, { encoding: "utf8", env: { PATH: process.env["PATH"], HOME: "/nonexistent" } });
}

describe("What tasks of one run see of git, one after the other", () => {
  it("is not what an earlier one was shown that may see more", async () => {
    const repository = await makeRepository({ "a.txt": "one\n", "private.txt": "secret-value\n" }).find();
    const open = await openTask(repository, "T1", []);
    const closed = await openTask(repository, "T2", ["private.txt"]);
    expect(await shown(repository, open)).toContain("secret-value");
    expect(await shown(repository, closed)).not.toContain("secret-value");
  });

  it("is what the branches lead to by then", async () => {
    const home = makeRepository();
    const repository = await home.find();
    expect(await shown(repository, await openTask(repository, "T1"))).not.toContain("added later");
    write(home.root, { "b.txt": "added later\n" });
    git(home.root, "add", "-A");
    git(home.root, "commit", "-q", "-m", "second");
    expect(await shown(repository, await openTask(repository, "T2"))).toContain("added later");
  });

  it("is made by all who begin at once, of whom the first one's stays", async () => {
    const repository = await makeRepository().find();
    const workspace = await openTask(repository, "T1");
    const views = await Promise.all(Array.from({ length: 8 }, () => openGitView(repository, { ...workspace })));
    expect(new Set(views.map(({ gitDir }) => gitDir)).size).toBe(1);
    expect(await shown(repository, workspace)).not.toBe("");
    const left = readdirSync(workspace.taskDir).filter((name) => name.startsWith("making-"));
    expect(left).toEqual([]);
  });
});
