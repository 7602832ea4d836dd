import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { openToWrite } from "../../src/store/writer.js";
import { makeRepo, type Repo } from "./harness.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OTHER = mkdtempSync(join(tmpdir(), "worknode-short-"));
const MAIN = join(ROOT, "dist/main.js");

/** A cycle with two tasks, the first of them done. */
function fill(repo: Repo): void {
  const store = repo.store();
  const place = { stream: "cycle:1", actor: "implementer", run: 1, execution: null };
  const plan = {
    plan_id: "p",
    plan_hash: "a".repeat(64),
    plan_path: "plan.yaml",
    plan_source: "id: p\n",
    title: "Plan",
  };
  const git = { branch: "worknode/p/1", base_commit: "b".repeat(40) };
  const task = { phase: "build", owner: "implementer", estimate: null, files: [] };
  const tasks = [
    { ...task, id: "A-1", title: "First\u0007 part", needs: [] },
    { ...task, id: "A-2", title: "Second  part of it", needs: ["A-1"] },
  ];
  const cycle = { cycle: 1, ...plan, ...git, instruction: "", opened_by: "run" as const, inputs: {}, tasks };
  const done = { commit: null, summary: "did it", outputs: {}, attempts: 1, files: [], waivers: [] };
  store.append([
    { type: "CYCLE_STARTED", task: null, payload: cycle, ...place },
    { type: "EVENT_TASK_COMPLETED", task: "A-1", payload: done, ...place },
  ]);
  store.close();
}

interface Said {
  code: number;
  out: string;
  err: string;
}

let repo: Repo;
beforeEach(() => {
  repo = makeRepo({ "README.md": "x" });
});
afterEach(() => repo.remove());
afterAll(() => rmSync(OTHER, { recursive: true, force: true }));

function say(args: readonly string[], main = MAIN, cwd = repo.dir): Promise<Said> {
  return new Promise((resolve) =>
    execFile(process.execPath, [main, ...args], { cwd, env: repo.env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    ),
  );
}

const PAIRS: [string, string[], string[]][] = [
  ["continue --brief", ["continue", "--brief"], ["continue", "--brief", "--output-format", "text"]],
  ["status", ["status"], ["status", "--output-format", "text"]],
];

describe.each(PAIRS)("%s by its short way says the same as by the long one", (_name, short, long) => {
  it("of a cycle", async () => {
    fill(repo);
    const said = await say(short);
    expect(said.code).toBe(0);
    expect(said.out).toContain("A-2");
    expect(said).toEqual(await say(long));
  });

  it("of an empty log, of none, and outside a repository", async () => {
    expect(await say(short)).toEqual(await say(long));
    repo.store().close();
    expect(await say(short)).toEqual(await say(long));
    expect(await say(short, MAIN, OTHER)).toEqual(await say(long, MAIN, OTHER));
    expect((await say(short, MAIN, OTHER)).code).toBe(2);
  });

  it("of a database of an older version, once brought up to date, and of a newer one", async () => {
    fill(repo);
    setVersion(repo, 3, "DROP INDEX executions_ended; DROP TABLE pins; DROP TABLE intake");
    const said = await say(short);
    expect(said).toMatchObject({ code: 0, err: "" });
    expect(said).toEqual(await say(long));
    setVersion(repo, 99);
    expect(await say(short)).toEqual(await say(long));
    expect((await say(short)).err).toContain("has version 99");
  });

  it("of a damaged database", async () => {
    fill(repo);
    writeFileSync(join(repo.dir, ".worknode/worknode.db"), "no database at all ".repeat(100));
    expect(await say(short)).toEqual(await say(long));
    expect(await say(short)).toMatchObject({ code: 2, out: "", err: expect.stringContaining("is damaged") as string });
  });
});

function setVersion(repo: Repo, version: number, sql = ""): void {
  const { database } = openToWrite(join(repo.dir, ".worknode/worknode.db"));
  database.exec(`${sql}; PRAGMA user_version = ${version}`);
  database.close();
}

describe("the short way", () => {
  const dist = join(OTHER, "dist");
  const main = join(dist, "main.js");
  const driver = join(OTHER, "node_modules/better-sqlite3");

  beforeEach(() => {
    cpSync(join(ROOT, "dist"), dist, { recursive: true });
    cpSync(join(ROOT, "node_modules/better-sqlite3"), driver, { recursive: true });
    fill(repo);
  });
  afterEach(() => {
    for (const name of readdirSync(OTHER)) rmSync(join(OTHER, name), { recursive: true, force: true });
  });

  /** What the brief says of the built program as it is, and after something happened to the copy. */
  async function expectTheSame(): Promise<void> {
    expect(await say(["continue", "--brief"], main)).toEqual(await say(["continue", "--brief"]));
  }

  it.each([
    ["short", ["continue", "--brief"]],
    ["program", ["help", "--all"]],
  ])("does without the compiled form for this Node, or with one that is none: %s", async (name, args) => {
    const cache = join(dist, `${name}-${process.version}-${process.arch}.cache`);
    const said = await say(args);
    expect(await say(args, main)).toEqual(said);
    writeFileSync(cache, "rubbish");
    expect(await say(args, main)).toEqual(said);
    rmSync(cache); // fails where there was none
    expect(await say(args, main)).toEqual(said);
  });

  it("takes the driver's own files where another version is installed", async () => {
    writeFileSync(join(driver, "lib/database.js"), "throw new Error('not these files');");
    await expectTheSame();
    const manifest = join(driver, "package.json");
    writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/"version": "[^"]+"/, '"version": "99.0.0"'));
    const said = await say(["continue", "--brief"], main);
    expect(said.code).not.toBe(0);
    cpSync(join(ROOT, "node_modules/better-sqlite3/lib/database.js"), join(driver, "lib/database.js"));
    await expectTheSame();
  });

  it("lets the driver look where its compiled part lies elsewhere", async () => {
    const packages = join(OTHER, "node_modules");
    for (const name of ["bindings", "file-uri-to-path"])
      cpSync(join(ROOT, "node_modules", name), join(packages, name), { recursive: true });
    const built = join(driver, "build/Release/better_sqlite3.node");
    cpSync(built, join(driver, "build/better_sqlite3.node"));
    rmSync(built);
    await expectTheSame();
  });

  it("opens no stream to print to a file, a pipe or nowhere: that is a tenth of a status", async () => {
    const hook = join(OTHER, "hook.cjs");
    writeFileSync(
      hook,
      `process.on("exit", () => require("fs").writeFileSync(process.argv[1] + ".loaded", process.moduleLoadList.join("\\n")));`,
    );
    const streamsOf = (command: string) => {
      const shell = `"${process.execPath}" -r "${hook}" "${main}" ${command}`;
      execFileSync("sh", ["-c", shell], { cwd: repo.dir, env: repo.env });
      return readFileSync(`${main}.loaded`, "utf8")
        .split("\n")
        .filter((name) => /tty|sync_write_stream|node:?net/.test(name));
    };
    for (const to of ["> /dev/null", "> out.txt", "| cat"]) expect(streamsOf(`status ${to}`), to).toEqual([]);
    expect(readFileSync(`${main}.loaded`, "utf8")).toContain("NativeModule vm");
  });
});
