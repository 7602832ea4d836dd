import { afterEach, expect, it } from "vitest";
import { callTool } from "../../src/crew/service/tool-call.js";
import { makeRepo, type Repo } from "./harness.js";

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
  expect(await said("git status --short; git diff")).toBe("");
  expect(await said("echo two >> notes.md; git status --short; git diff --stat; git diff")).toContain("+two");
  expect(await said("git log --oneline; git blame notes.md; git show --stat HEAD -- notes.md")).toContain("base");
  const all = await said(
    "git show HEAD:.env; git diff HEAD; git cat-file --batch-all-objects --batch; cat .env sub/.env.prod",
  );
  expect(all).toContain("fatal: ");
  expect(all).not.toContain("secret-value");
});

it("shows them the whole history where none was", async () => {
  repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n" });
  repo.write("notes.md", "two\n");
  repo.git("commit", "-q", "-am", "second");
  expect((await said("git log --format=%s")).trim().split("\n")).toEqual(["second", "base"]);
  expect(await said("git show HEAD~1:notes.md")).toBe("one\n");
});
