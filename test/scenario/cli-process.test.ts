import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { makeRepo, type Repo, scripted } from "./harness.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
phases:
  - id: write
    tasks:
      - { id: N-1, title: Write the note, owner: implementer, files: { write: [notes/one.md] } }
`;

const SCRIPT = `apiVersion: worknode/v1
kind: Script
replies:
  "N-1:work:1":
    - tools: [{ name: Write, input: { file_path: notes/one.md, content: "one\\n" } }]
    - tools: [{ name: submit_result, input: { summary: wrote it } }]
      hold: second
defaults:
  plan-review:
    - tools: [{ name: submit_plan_review, input: { decision: ACCEPT, risks: [] } }]
  critic:
    - tools: [{ name: submit_verdict, input: { decision: ACCEPT } }]
`;

let repo: Repo;
afterEach(() => repo.remove());

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: repo.dir,
    env: repo.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text.out += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (text.err += piece));
  return {
    child,
    ended: new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, ...text }))),
  };
}

describe("an interrupted run", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s is exit 130, keeps its state, and continue finishes it without asking twice",
    async (signal) => {
      repo = makeRepo({ "README.md": "x", "plan.yaml": PLAN });
      const server = await scripted(repo, SCRIPT);
      const { child, ended } = start(["run", "plan.yaml", "--yes"]);
      server.onHold("second", () => child.kill(signal));
      const stopped = await ended;
      expect(stopped, stopped.out + stopped.err).toMatchObject({ code: 130, signal: null });
      expect(stopped.err).not.toMatch(/\n\s+at /);
      server.release("second");
      const continued = await start(["continue"]).ended;
      await server.close();
      expect(continued.code, continued.out + continued.err).toBe(0);
      expect(continued.out).toMatch(
        /^Resuming N-1 \(Write the note\)\. Last session completed notes\/one\.md\. Next: /,
      );
      expect(server.repeatedWholeReplies()).toEqual([]);
      expect(repo.git("show", "worknode/notes/1:notes/one.md")).toBe("one\n");
    },
  );

  it("run --continue is the same as continue, and a killed run leaves nothing that stands in its way", async () => {
    repo = makeRepo({ "README.md": "x", "plan.yaml": PLAN });
    const server = await scripted(repo, SCRIPT);
    const { child, ended } = start(["run", "plan.yaml", "--yes"]);
    server.onHold("second", () => child.kill("SIGKILL"));
    expect((await ended).signal).toBe("SIGKILL");
    server.release("second");
    const brief = await start(["continue", "--brief"]).ended;
    expect(brief).toMatchObject({ code: 0, err: "" });
    const continued = await start(["run", "--continue", "--output-format", "json"]).ended;
    await server.close();
    expect(continued.code, continued.err).toBe(0);
    expect(continued.err).toBe(brief.out);
    expect(JSON.parse(continued.out)).toMatchObject({ type: "result", exitCode: 0, cycle: 1 });
    expect(server.repeatedWholeReplies()).toEqual([]);
  });
});

describe("the program as a process", () => {
  it("stops quietly when its reader has seen enough", async () => {
    repo = makeRepo({ "README.md": "x" });
    const store = repo.store();
    const kill = { type: "KILLED", stream: "project", actor: "me", run: 0, task: null, execution: null } as const;
    const by = { os_user: "me", git_email: null };
    store.append(Array.from({ length: 3_000 }, (_, index) => ({ ...kill, payload: { epoch: index + 1, by } })));
    store.close();
    const pipeline = `"${process.execPath}" "${MAIN}" log | head -n 2; echo "exit \${PIPESTATUS[0]}"`;
    const { out, err } = await new Promise<{ out: string; err: string }>((resolve) =>
      execFile("bash", ["-c", pipeline], { cwd: repo.dir, env: repo.env }, (_error, out, err) => resolve({ out, err })),
    );
    expect(err).toBe("");
    expect(out.trimEnd().split("\n")).toHaveLength(3);
    expect(out).toMatch(/exit 0\n$/);
  });

  it("prints no stack trace where the repository is missing", async () => {
    repo = makeRepo({ "README.md": "x" });
    const child = spawn(process.execPath, [MAIN, "continue", "--brief"], { cwd: "/", env: repo.env });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (piece: string) => (err += piece));
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(2);
    expect(err).toMatch(/^worknode: \/ is not inside a git repository[^\n]*\n$/);
  });

  it("loads no package before it knows its verb, and only the driver for the short commands", async () => {
    repo = makeRepo({ "README.md": "x" });
    const dist = dirname(MAIN);
    const packages = Object.keys(JSON.parse(readFileSync(join(dist, "..", "package.json"), "utf8")).dependencies);
    const loadedBy = (name: string) => {
      const text = readFileSync(join(dist, name), "utf8");
      return packages.filter((each) => text.includes(`"${each}"`) || text.includes(`"${each}/`));
    };
    expect(loadedBy("main.js")).toEqual([]);
    expect(loadedBy("short.js")).toEqual(["better-sqlite3"]);
    expect(await filesRun(["--version"])).not.toContainEqual(expect.stringContaining("node_modules/"));
    expect(await filesRun(["--version"])).toContain("src/surface/cli/version.ts");
    expect(await filesRun(["plan", "schema"])).toContainEqual(expect.stringContaining("node_modules/zod/"));
  });

  it.each(["program", "short"])("is there compiled for this Node, and V8 takes it: %s", (name) => {
    const file = join(dirname(MAIN), name);
    const cache = `${file}-${process.version}-${process.arch}.cache`;
    const compile = `const { readFileSync } = require("node:fs");
      const [filename, cache] = process.argv.slice(1);
      const cachedData = readFileSync(cache);
      const script = new (require("node:vm").Script)(readFileSync(filename, "latin1"), { filename, cachedData });
      console.log(script.cachedDataRejected);`;
    repo = makeRepo({ "README.md": "x" });
    expect(execFileSync(process.execPath, ["-e", compile, `${file}.js`, cache], { encoding: "utf8" })).toBe("false\n");
  });
});

/** Files of the sources and packages in program.js whose code a command ran. */
async function filesRun(args: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(repo.dir, "ran-"));
  repo.env["NODE_V8_COVERAGE"] = folder;
  expect((await start(args).ended).code).toBe(0);
  const [name = ""] = readdirSync(folder);
  const { result } = JSON.parse(readFileSync(join(folder, name), "utf8")) as Coverage;
  const program = result.find(({ url }) => url.endsWith("/dist/program.js"));
  return (program?.functions ?? [])
    .filter(({ functionName, ranges }) => /\.[cm]?[jt]s$/.test(functionName) && ranges[0]?.count !== 0)
    .map(({ functionName }) => functionName);
}

/** What Node writes for NODE_V8_COVERAGE. */
interface Coverage {
  result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[];
}

/** Has the driver's compiled part fail to load in every process: `broken` is a function body that throws, given `path`. */
function breakDriver(broken: string): void {
  const fake = `const load = process.dlopen;
    const tried = new Set();
    process.dlopen = function (module, path, ...rest) {
      if (!path.endsWith("better_sqlite3.node")) return load.call(process, module, path, ...rest);
      const first = !tried.has(path);
      tried.add(path);
      ${broken}
    };`;
  repo.write("../fake.cjs", fake);
  repo.env["NODE_OPTIONS"] = `--require ${join(repo.dir, "..", "fake.cjs")}`;
}

it.each(["status", "run", "doctor"])(
  "a database driver built for another Node is named with its remedy, however long its path: %s",
  async (verb) => {
    repo = makeRepo({ "plan.yaml": PLAN });
    repo.write(".worknode/worknode.db", "");
    breakDriver(
      `const text = first ? "was compiled against a different Node.js version using\\nNODE_MODULE_VERSION 1." : "did not self-register";
      throw Object.assign(new Error("The module '" + "/a/folder".repeat(40) + path + "'\\n" + text), first ? { code: "ERR_DLOPEN_FAILED" } : {});`,
    );
    const { code, signal, out, err } = await start(verb === "run" ? [verb, "plan.yaml", "--yes"] : [verb]).ended;
    expect({ code, signal }, `${out}${err}`).toEqual({ code: 2, signal: null });
    expect(`${out}${err}`).toMatch(/better-sqlite3 does not load in this Node\.js [^]*npm rebuild better-sqlite3/);
    if (verb !== "status") expect(`${out}${err}`).toContain("NODE_MODULE_VERSION"); // status was tried by its short way before
    expect(err).not.toContain("worknode itself");
  },
);

it.each([
  "cannot open shared object file: Too many open files",
  "failed to map segment from shared object: Cannot allocate memory",
])("a machine that is short of room is not told to build the database driver anew: %s", async (said) => {
  repo = makeRepo({ "plan.yaml": PLAN });
  repo.write(".worknode/worknode.db", "");
  breakDriver(`throw Object.assign(new Error(path + ": ${said}"), { code: "ERR_DLOPEN_FAILED" });`);
  const doctor = await start(["doctor"]).ended;
  expect(doctor.code, doctor.err).toBe(2);
  expect(doctor.out).toMatch(/✗ database: .*could not be loaded now.*try again/);
  const run = await start(["run", "plan.yaml", "--yes"]).ended;
  expect(run).toMatchObject({ code: 1, err: expect.stringContaining("could not be loaded now") });
  for (const { out, err } of [doctor, run]) expect(`${out}${err}`).not.toMatch(/npm rebuild|worknode itself/);
});
