import { execFileSync, spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { scriptOf, submit, write } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const BRANCH = "worknode/notes/1";
const CALL = ["tool", "Glob", '{"pattern":"*"}', "--plan", "plan.yaml", "--task", "N-1", "--yes"];

/** Loaded before the program: ends it by SIGKILL before the first event of the type that DIES_AT names is written. */
const PRELOAD = `
import { createRequire } from "node:module";
const { prototype } = createRequire(process.argv[1])("better-sqlite3");
const { prepare } = prototype;
prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  const run = statement.run.bind(statement);
  statement.run = (...args) => {
    if (args.flat().includes(process.env.DIES_AT)) process.kill(process.pid, "SIGKILL");
    return run(...args);
  };
  return statement;
};
`;

let repo: Repo;
let server: Awaited<ReturnType<typeof scripted>>;
beforeEach(async () => {
  const plan = notesPlan([{ id: "N-1", title: "Write the note", write: ["notes/one.md"] }]);
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan, "preload.mjs": PRELOAD, ".gitignore": "preload.mjs\n" });
  server = await scripted(repo, scriptOf({ "N-1:work:1": [write("notes/one.md"), submit] }));
});
afterEach(async () => {
  await server.close();
  repo.remove();
});

const git = (...args: string[]): string => execFileSync("git", args, { cwd: repo.dir, encoding: "utf8" }).trim();

async function worknode(args: readonly string[]) {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  return { code: await runCommandLine(context, args), err: context.complained() };
}

/** Runs the plan with uncommitted work until an event of a type would be written. */
async function killedAt(type: string): Promise<void> {
  const env = { ...repo.env, NODE_OPTIONS: `--import ${join(repo.dir, "preload.mjs")}`, DIES_AT: type };
  const args = [MAIN, "run", "plan.yaml", "--yes", "--include-wip"];
  const child = spawn(process.execPath, args, { cwd: repo.dir, env, stdio: "ignore" });
  const signal = await new Promise((settle) => child.on("close", (_, with_) => settle(with_)));
  expect(signal).toBe("SIGKILL");
}

describe("a branch of the cycle's name that is not the cycle's", () => {
  it.each(["at HEAD", "at a commit of its own"])(
    "is left alone by each call and by continue, until it is gone: %s",
    async (where) => {
      const commit = where === "at HEAD" ? "HEAD" : git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "a person's");
      git("branch", BRANCH, commit);
      const before = git("rev-parse", BRANCH);
      for (const args of [CALL, CALL, ["continue"], CALL]) {
        const refused = await worknode(args);
        expect(refused.code, args.join(" ")).toBe(2);
        expect(refused.err).toContain(`${BRANCH} exists already, from a cycle this log does not know.`);
      }
      expect(git("rev-parse", BRANCH)).toBe(before);
      git("branch", "-D", BRANCH);
      expect(await worknode(CALL)).toMatchObject({ code: 0 });
      expect(await worknode(["continue"])).toMatchObject({ code: 0 });
      expect(git("show", `${BRANCH}:notes/one.md`)).not.toBe("");
    },
  );
});

describe("a run with uncommitted work whose process was killed", () => {
  it.each([
    ["before it asked for the branch", "PROPOSAL"],
    ["before it made the branch", "VERDICT"],
    ["after it made the branch", "TOOL_RESULT"],
  ])("is gone on with on that work: %s", async (_, type) => {
    writeFileSync(join(repo.dir, "wip.txt"), "uncommitted\n");
    await killedAt(type);
    expect(await worknode(["continue"])).toMatchObject({ code: 0 });
    expect(git("show", `${BRANCH}:wip.txt`)).toBe("uncommitted");
    rmSync(join(repo.dir, "wip.txt"));
  });
});
