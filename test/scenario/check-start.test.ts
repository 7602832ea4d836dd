import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { checkUnchanged } from "../../src/surface/check/unchanged.js";
import { makeContext } from "../unit/surface/screen.js";
import { branchy, check } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

const CHECK = fileURLToPath(new URL("../../dist/check.mjs", import.meta.url));
const open: Repo[] = [];
function repository(files: Record<string, string> = {}): Repo {
  const repo = makeRepo({ "src/a.ts": branchy("a", 3), ...files });
  open.push(repo);
  repo.git("switch", "-q", "-c", "change");
  return repo;
}
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

/** What the start of the single file does alone: its exit code and words, or nothing. */
function start(repo: Pick<Repo, "dir" | "env">, ...args: string[]): { code: number | undefined; out: string } {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  return { code: checkUnchanged(context, args, "0.0.0"), out: context.printed() };
}

const LEFT = { code: undefined, out: "" };

describe("the start of the single file", () => {
  it.each([
    ["the base itself", (_repo: Repo) => undefined],
    ["a commit of nothing", (repo: Repo) => repo.git("commit", "-q", "--allow-empty", "-m", "nothing")],
    [
      "a merge of the base that brings nothing",
      (repo: Repo) => {
        repo.git("commit", "-q", "--allow-empty", "-m", "nothing");
        const tree = repo.git("rev-parse", "HEAD^{tree}").trim();
        repo.git("reset", "-q", "--hard", repo.git("commit-tree", tree, "-p", "main", "-p", "HEAD", "-m", "m").trim());
      },
    ],
  ])("says of %s what the whole program says, word for word", async (_what, prepare) => {
    const repo = repository({ ".worknode/other.yaml": "a: 1\n" });
    prepare(repo);
    for (const mode of [[], ["--mode", "observe"], ["--mode", "warn"]])
      for (const format of ["text", "json", "sarif", "junit", "github", "markdown"]) {
        const args = ["--base", "main", ...mode, "--format", format];
        const { code, out } = await check(repo, ...args);
        expect(start(repo, ...args)).toEqual({ code, out });
      }
    const { out } = await check(repo, "--base", "main");
    expect(start(repo, "--base", "main")).toEqual({ code: 0, out });
    expect(start({ dir: join(repo.dir, "src"), env: repo.env }, "--base", "main").out).toBe(out);
  });

  it("leaves to the whole program what differs, what has a policy, and what is told otherwise", () => {
    const repo = repository();
    for (const args of [
      [],
      ["--base"],
      ["--base", "gone"],
      ["--base", "@{upstream}"],
      ["--base", "-x"],
      ["--base=main"],
      ["--base", "main", "--base", "main"],
      ["--base", "main", "--mode", "enforce"],
      ["--base", "main", "--format", "xml"],
      ["--base", "main", "--all"],
      ["--base", "main", "--output", "report.txt"],
      ["--base", "main", "--plan", "plan.yaml"],
    ])
      expect(start(repo, ...args), args.join(" ")).toEqual(LEFT);
    repo.write("src/a.ts", branchy("a", 9));
    repo.git("commit", "-q", "-am", "change");
    expect(start(repo, "--base", "main")).toEqual(LEFT);
    repo.git("switch", "-q", "-C", "elsewhere", "main");
    repo.git("commit", "-q", "--allow-empty", "-m", "one");
    repo.git("commit", "-q", "--allow-empty", "-m", "two");
    expect(start(repo, "--base", "main")).toEqual(LEFT);
    const strict = repository({ ".worknode/check.yaml": "version: 1\nmode: enforce\n" });
    expect(start(strict, "--base", "main")).toEqual(LEFT);
    expect(start({ dir: join(repo.dir, ".."), env: repo.env }, "--base", "main")).toEqual(LEFT);
    expect(start({ dir: repo.dir, env: { ...repo.env, PATH: "/nowhere" } }, "--base", "main")).toEqual(LEFT);
  });

  it("works where ids are of SHA-256", async () => {
    const repo = repository();
    const other = join(repo.dir, "../other");
    repo.git("init", "-q", "--object-format=sha256", "-b", "main", other);
    const at = { dir: other, env: repo.env };
    repo.git("-C", other, "commit", "-q", "--allow-empty", "-m", "one");
    const run = await check(at, "--base", "HEAD");
    expect(run.out).toMatch(/nothing differs/);
    expect(start(at, "--base", "HEAD")).toEqual({ code: 0, out: run.out });
  });

  it("is a small part of the file, and runs without the rest where nothing differs", () => {
    const repo = repository();
    const text = readFileSync(CHECK, "latin1");
    const alone = text.slice(0, text.indexOf("\n//worknode-part program.js "));
    expect(alone.length).toBeLessThan(60_000);
    repo.write("../start.mjs", alone);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ["../start.mjs", ...args], { cwd: repo.dir, env: repo.env, encoding: "utf8" });
    expect(run("--base", "main")).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/^note: nothing/),
    });
    expect(run("--base", "main", "--mode", "enforce")).toMatchObject({
      status: 2,
      stdout: "",
      stderr:
        "worknode: this file lacks its part program.js: it was cut or changed. Get it again, and compare its checksum.\n",
    });
    repo.write("../start.mjs", text.replace(/(?<=\/\/worknode-part program\.js .{100}).{20}/, "AAAAAAAAAAAAAAAAAAAA"));
    expect(run("--base", "main", "--mode", "enforce")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^worknode: this file lacks its part program\.js: .*\n$/),
    });
  });
});
