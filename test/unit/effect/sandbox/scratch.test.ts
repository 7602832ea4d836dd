import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createGit } from "../../../../src/effect/git/git.js";
import { listEffects } from "../../../../src/effect/sandbox/effects.js";
import { loadIgnoreRules } from "../../../../src/effect/sandbox/ignore-rules.js";
import { openLayer, removeTree } from "../../../../src/effect/sandbox/layer.js";
import { findScratch, keepScratch, type ScratchRules } from "../../../../src/effect/sandbox/scratch.js";
import { type Bench, describeWalls, git } from "./fixture.js";

describeWalls("Scratch", (openBench) => {
  let bench: Bench;
  let scratchDir: string;
  let rules: ScratchRules;

  beforeEach(async () => {
    bench = await openBench({ "build/tracked": "t\n", "pkg/.gitignore": "/gen/\n" });
    scratchDir = join(bench.dir, "state/scratch");
    await mkdir(scratchDir);
    const gitDir = join(bench.repo, ".git/worktrees/worktree");
    const runner = createGit({ gitDir, workTree: bench.spec.lower, privateDir: join(bench.repo, ".git") });
    const baseCommit = git(bench.repo, "rev-parse", "HEAD").trim();
    const directory = join(bench.dir, "state/ignore");
    const ignored = await loadIgnoreRules({ git: runner, gitDir, baseCommit, directory });
    rules = { patterns: ["build/", "tmp-*", "out/only-here"], ignored, isDenied: (path) => path.includes(".env") };
  });
  afterEach(() => bench.dispose());

  /** One call: run, list, keep the scratch. */
  async function call(command: string): Promise<{ stdout: string; effects: string[] }> {
    await removeTree(bench.spec.layer.dir);
    const layer = await openLayer(bench.spec.layer.dir);
    const run = await bench.sh(command, { scratch: scratchDir });
    const scratch = await findScratch(layer.upper, bench.spec.lower, rules);
    const changes = await listEffects(layer.upper, bench.spec.lower, { scratch: scratch.paths });
    await keepScratch(layer.upper, scratchDir, scratch);
    return { stdout: run.stdout + run.stderr, effects: changes.map((change) => `${change.kind} ${change.path}`) };
  }

  it("is what the plan, the built-in list and the base's ignore rules say, at any depth", async () => {
    const command =
      "mkdir -p coverage src/__pycache__ build dist pkg/gen gen a/node_modules/.cache out;" +
      "for f in coverage/lcov.info src/__pycache__/x.pyc build/new dist/d x.log tmp-1 pkg/gen/g gen/no gen/:\\(top\\)x.log a/node_modules/.cache/c out/only-here src/tmp-2; do echo x > $f; done";
    expect((await call(command)).effects).toEqual(["add build/new", "add gen/no"]);
    const kept = (path: string): boolean => existsSync(join(scratchDir, path));
    const expected = [
      "coverage/lcov.info",
      "src/__pycache__/x.pyc",
      "dist/d",
      "x.log",
      "tmp-1",
      "pkg/gen/g",
      "src/tmp-2",
    ];
    expect(expected.filter((path) => !kept(path))).toEqual([]);
  });

  it("keeps no bits that make the agent's file a program of somebody else", async () => {
    await call(
      "mkdir -p dist/d build; cp /bin/true dist/suid; chmod 6755 dist/suid; chmod 2755 dist/d; mkdir dist/d/e",
    );
    await call("chmod u+s dist/d/e; touch dist/new");
    const modes = ["suid", "d", "d/e"].map((name) => statSync(join(scratchDir, "dist", name)).mode & 0o7777);
    expect(modes).toEqual([0o755, 0o755, 0o755]);
  });

  it("keeps no folder whose name is no text, as nobody looked in it for what is denied", async () => {
    const made = `mkdir -p dist; cd dist; n=$(printf '\\377'); mkdir -p "$n/d"; echo x > "$n/d/.env"; chmod 000 "$n/d"; echo z > t`;
    expect((await call(made)).effects).toEqual([]);
    expect((await call(`${made}; ls -A . | wc -l`)).stdout).toContain("2");
    expect(readdirSync(join(scratchDir, "dist"))).toEqual(["t"]);
  });

  it("survives calls of a task and is never an effect", async () => {
    await call("mkdir dist && echo built > dist/t");
    const second = await call("cat dist/t && echo again >> dist/t");
    expect(second).toEqual({ stdout: "built\n", effects: [] });
    expect((await call("cat dist/t")).stdout).toBe("built\nagain\n");
    expect(existsSync(join(bench.spec.lower, "dist"))).toBe(false);
  });

  it("carries over removals, replaced directories and replaced kinds", async () => {
    await call("mkdir -p dist/sub && touch dist/a dist/b dist/sub/c x.log");
    expect((await call("rm dist/a x.log && rm -r dist/sub && mkdir dist/sub && touch dist/sub/d")).effects).toEqual([]);
    expect((await call("find dist -type f | sort; ls *.log")).stdout).toMatch(/^dist\/b\ndist\/sub\/d\nls: /);
    await call("rm -rf dist && mkdir dist && touch dist/fresh");
    expect((await call("ls dist")).stdout).toBe("fresh\n");
    await call("echo file > tmp-1");
    await call("rm tmp-1 && mkdir tmp-1 && echo x > tmp-1/y");
    expect((await call("ls tmp-1 && rm -rf dist tmp-1")).stdout).toBe("y\n");
    expect((await call("ls -d dist; ls -d tmp-1")).stdout).toMatch(/(No such file[^]*){2}/);
  });

  it("is never what git tracks: a removed tracked file below a scratch folder is a delete", async () => {
    expect((await call("rm -r build && mkdir build && echo x > build/obj")).effects).toContain("delete build/tracked");
    expect((await call("echo x > build/tracked")).effects).toEqual(["modify build/tracked"]);
  });

  it("does not hide what the worktree later holds at the same place", async () => {
    await call("mkdir -p dist/inner && touch dist/old");
    await call("rm -rf dist && mkdir -p dist/inner && touch dist/inner/made");
    bench.write("dist/inner/kept", "kept\n");
    bench.write("dist/top", "kept\n");
    expect((await call("ls dist dist/inner")).stdout).toBe("dist:\ninner\ntop\n\ndist/inner:\nkept\nmade\n");
  });

  it("comes after what is denied, and follows no changed ignore file", async () => {
    expect((await call("echo x > .env.log")).effects).toEqual(["add .env.log"]);
    bench.write(".gitignore", "hidden\n");
    expect((await call("echo x > hidden; echo x > y.log")).effects).toEqual(["add hidden"]);
  });

  it("leads nowhere: a link an earlier call left is replaced, never followed", async () => {
    const outside = join(bench.dir, "outside");
    await mkdir(join(outside, "work/work"), { recursive: true, mode: 0o755 });
    writeFileSync(join(outside, "precious"), "precious\n");
    const modes = (): number[] => ["", "work", "work/work"].map((path) => lstatSync(join(outside, path)).mode);
    const before = modes();
    rules = { ...rules, named: ["x.log/named"] };
    await call(`ln -s ${outside} x.log; ln -s ${outside} y.log; mkdir dist; ln -s ${outside}/work dist/work`);
    const named = "rm x.log; mkdir x.log; for f in named precious planted; do echo evil > x.log/$f; done";
    expect((await call(`${named}; rm -r y.log dist`)).effects).toEqual(["add x.log/named"]);
    expect(readdirSync(outside).sort()).toEqual(["precious", "work"]);
    expect(readFileSync(join(outside, "precious"), "utf8")).toBe("precious\n");
    expect(modes()).toEqual(before);
    expect((await call("cat x.log/planted; ls -d y.log dist")).stdout).toMatch(/^evil\nls: (.*\n)ls: .*\n$/);
  });

  it("takes odd modes and names along", async () => {
    const odd =
      "mkdir -p dist/locked && touch dist/locked/f \"dist/$(printf '\\377')\" && chmod 500 dist/locked && chmod 000 dist/locked/f";
    expect((await call(odd)).effects).toEqual([]);
    expect(readdirSync(join(scratchDir, "dist"))).toHaveLength(2);
    expect((await call("echo more > dist/more; ls dist/locked")).stdout).toBe("f\n");
  });

  it("is empty again for a layer without it", async () => {
    await call("mkdir dist && touch dist/t");
    await removeTree(bench.spec.layer.dir);
    await openLayer(bench.spec.layer.dir);
    expect((await bench.sh("ls -d dist")).exit_code).not.toBe(0);
  });

  it("keeps rule files of the base only in a folder of its own", () => {
    const rulesDir = join(bench.dir, "state/ignore");
    expect(readFileSync(join(rulesDir, "pkg/.gitignore"), "utf8")).toBe("/gen/\n");
    expect(lstatSync(rulesDir).isDirectory()).toBe(true);
  });
});
