import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { removeTree } from "../../src/effect/sandbox/layer.js";
import { type PlanCommand, type PlanCommandResult, runPlanCommands } from "../../src/effect/sandbox/plan-commands.js";
import type { LinkMount } from "../../src/effect/sandbox/spec.js";
import { resolveToolchains } from "../../src/effect/sandbox/toolchain.js";
import { issuePermit } from "../../src/gate/permit.js";
import { hashOf } from "../../src/kernel/canonical.js";
import { describeWalls } from "../unit/effect/sandbox/fixture.js";

/** Whether a program is there and starts. */
function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** The user's checkout is left as it is; the agent's code differs from it in the worktree. */
describeWalls("Projects as they are verify in the sandbox", (_, backend) => {
  let dir: string;
  let repo: string;
  let worktree: string;
  let result: PlanCommandResult | undefined;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "worknode-project-"));
    repo = join(dir, "checkout");
    worktree = join(dir, "state/worktree");
    mkdirSync(repo);
  });
  afterEach(async () => {
    await result?.discard();
    await removeTree(dir);
  });

  function git(...args: string[]): void {
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], { cwd: repo, stdio: "ignore" });
  }
  function put(root: string, files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
  function commit(files: Record<string, string>): void {
    put(repo, files);
    git("init", "-q");
    git("add", "-A");
    git("commit", "-q", "-m", "base");
    git("worktree", "add", "-q", worktree);
  }
  async function verify(commands: PlanCommand[], linked: string[] = []): Promise<PlanCommandResult> {
    const args = { commands };
    const permit = issuePermit({ callId: "v", argsHash: hashOf(args) });
    const links: LinkMount[] = linked.map((path) => ({ path, source: join(repo, path) }));
    const programs = commands.map((command) => command.argv[0] ?? "");
    const { PATH, HOME } = process.env;
    const workspace = {
      shownRoot: repo,
      lower: worktree,
      links,
      masks: [],
      toolchains: resolveToolchains(programs, { PATH, HOME, root: repo }),
      env: {},
      network: false,
      backend,
      git: { commonDir: join(repo, ".git"), gitDir: join(repo, ".git/worktrees/worktree") },
      layersDir: join(dir, "state/layers"),
    };
    result = await runPlanCommands(permit, { callId: "v", args }, workspace);
    return result;
  }

  it("npm: a workspace package uses the agent's sibling, a linked dependency and a script; coverage comes out as lcov", async () => {
    commit({
      ".gitignore": "node_modules/\ncoverage/\n",
      "package.json": '{"type":"module","workspaces":["packages/*"],"scripts":{"test":"node --test"}}',
      "packages/lib/package.json": '{"name":"lib","type":"module","exports":"./index.js"}',
      "packages/lib/index.js": "export const answer = () => 41;\n",
      "packages/app/package.json": '{"name":"app","type":"module"}',
      "packages/app/app.test.js":
        'import test from "node:test"; import assert from "node:assert"; import { answer } from "lib"; import { tell } from "dep";\ntest("answer", () => assert.equal(tell(answer()), "it is 42"));\n',
    });
    put(repo, {
      "node_modules/dep/package.json": '{"name":"dep","type":"module","exports":"./index.js"}',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: program text
      "node_modules/dep/index.js": "export const tell = (n) => `it is ${n}`;\n",
    });
    execFileSync("ln", ["-s", "../packages/lib", join(repo, "node_modules/lib")]);
    put(worktree, { "packages/lib/index.js": "export const answer = () => 42;\n" });
    const coverage = "--experimental-test-coverage --test-reporter=lcov --test-reporter-destination=coverage/lcov.info";
    const { runs, readWritten } = await verify(
      [
        { role: "compile", argv: ["mkdir", "-p", "coverage"] },
        { role: "test", argv: ["npm", "test"] },
        { role: "coverage", argv: ["node", ...coverage.split(" "), "--test", "packages/"] },
      ],
      ["node_modules"],
    );
    expect(runs.map((run) => [run.role, run.exit_code])).toEqual([
      ["compile", 0],
      ["test", 0],
      ["coverage", 0],
    ]);
    expect(await readWritten("coverage/lcov.info")).toMatchObject({
      value: expect.stringContaining("SF:packages/lib/index.js"),
    });
  });

  it("pnpm: packages reach siblings and the store through links on both sides of the linked folders", async () => {
    commit({
      ".gitignore": "node_modules/\n",
      "pnpm-workspace.yaml": "packages: ['packages/*']\n",
      "packages/lib/package.json": '{"name":"lib","type":"module","exports":"./index.js"}',
      "packages/lib/index.js": "export const answer = () => 41;\n",
      "packages/app/package.json": '{"name":"app","type":"module"}',
      "packages/app/app.test.js":
        'import test from "node:test"; import assert from "node:assert"; import { answer } from "lib"; import { tell } from "dep";\ntest("answer", () => assert.equal(tell(answer()), 42));\n',
    });
    const store = "node_modules/.pnpm/dep@1.0.0/node_modules/dep";
    put(repo, {
      [`${store}/package.json`]: '{"name":"dep","type":"module","exports":"./index.js"}',
      [`${store}/index.js`]: "export const tell = (n) => n;\n",
    });
    mkdirSync(join(repo, "packages/app/node_modules"));
    symlinkSync(`../../../${store}`, join(repo, "packages/app/node_modules/dep"));
    symlinkSync("../../lib", join(repo, "packages/app/node_modules/lib"));
    put(worktree, { "packages/lib/index.js": "export const answer = () => 42;\n" });
    const linked = ["node_modules", "packages/app/node_modules"];
    const { runs } = await verify([{ role: "test", argv: ["node", "--test", "packages/app/"] }], linked);
    expect(runs[0]).toMatchObject({ exit_code: 0 });
  });

  it("Node: a test runner with workers, a child process and an HTTP server of its own on the loopback", async () => {
    const test = `
      import test from "node:test"; import assert from "node:assert"; import { createServer } from "node:http";
      import { Worker } from "node:worker_threads"; import { execFileSync } from "node:child_process";
      test("server", async () => {
        const server = createServer((_, reply) => reply.end("served")).listen(0, "localhost");
        await new Promise((done) => server.once("listening", done));
        const text = await (await fetch("http://localhost:" + server.address().port)).text();
        server.close();
        assert.equal(text, "served");
      });
      test("worker", async () => {
        const worker = new Worker("require('node:worker_threads').parentPort.postMessage(42)", { eval: true });
        assert.equal(await new Promise((done) => worker.once("message", done)), 42);
      });
      test("child", () => assert.equal(execFileSync(process.execPath, ["-p", "1 + 1"], { encoding: "utf8" }), "2\\n"));`;
    commit({ "a.test.mjs": test, "b.test.mjs": test, "package.json": '{"scripts":{"test":"node --test"}}' });
    const { runs } = await verify([{ role: "test", argv: ["npm", "test"] }]);
    expect(runs[0]).toMatchObject({ exit_code: 0, stopped: null });
  });

  it("npx: runs what is installed, and fails instead of waiting for what is not", async () => {
    commit({ ".gitignore": "node_modules/\n", "package.json": '{"name":"x"}' });
    put(repo, { "node_modules/.bin/hello": '#!/usr/bin/env node\nconsole.log("installed");\n' });
    chmodSync(join(repo, "node_modules/.bin/hello"), 0o755);
    const commands = [["hello"], ["--yes", "absent-from-everywhere"]].map((args) => ({
      role: "test",
      argv: ["npx", ...args],
    }));
    const { runs } = await verify(commands, ["node_modules"]);
    expect(runs[0]).toMatchObject({ exit_code: 0, stdout: "installed\n" });
    expect(runs[1]).toMatchObject({ exit_code: 1, stopped: null });
    expect(runs[1]?.stderr).toMatch(/ENOTCACHED|offline|cache/i);
  });

  it("npm: warns of no setting that it does not know", async () => {
    commit({ "package.json": '{"name":"x","scripts":{"hello":"npm run deep","deep":"echo deep"}}' });
    const { runs } = await verify([{ role: "test", argv: ["npm", "run", "hello"] }]);
    expect(runs[0]).toMatchObject({ exit_code: 0, stderr: "" });
    expect(runs[0]?.stdout).toMatch(/\ndeep\n$/);
  });

  const gcc = works("gcc", "--version") && works("make", "--version") && works("gcov", "--version");
  it.skipIf(!gcc)("C: make, a test binary, and gcov's report [needs gcc, make, gcov]", async () => {
    commit({
      Makefile:
        "build/t: src/add.c test/t.c\n\tmkdir -p build\n\tgcc --coverage -O0 -o $@ $^\ntest: build/t\n\t./build/t\ncoverage: test\n\tgcov --json-format --stdout build/*-add.gcda > build/add.json\n",
      "src/add.c": "int add(int a, int b) { return a - b; }\n",
      "test/t.c": "int add(int, int);\nint main(void) { return add(2, 2) == 4 ? 0 : 1; }\n",
    });
    put(worktree, { "src/add.c": "int add(int a, int b) { return a + b; }\n" });
    const { runs, readWritten } = await verify([
      { role: "compile", argv: ["make", "build/t"] },
      { role: "test", argv: ["make", "coverage"] },
    ]);
    expect(runs.map((run) => run.exit_code)).toEqual([0, 0]);
    expect(await readWritten("build/add.json")).toMatchObject({ value: expect.stringMatching(/"name":\s*"add"/) });
  });

  const python = works("python3", "-m", "venv", "--help");
  it.skipIf(!python)(
    "Python: an editable install in .venv imports the agent's code, not the checkout's [needs python3 with venv]",
    async () => {
      commit({
        ".gitignore": ".venv/\n",
        "src/pkg/__init__.py": "def answer():\n    return 41\n",
        "test_pkg.py": "import pkg\nassert pkg.answer() == 42, pkg.__file__\nprint(pkg.__file__)\n",
      });
      execFileSync("python3", ["-m", "venv", "--without-pip", join(repo, ".venv")]);
      const script = "import sysconfig; print(sysconfig.get_paths()['purelib'])";
      const site = execFileSync(join(repo, ".venv/bin/python"), ["-c", script], { encoding: "utf8" }).trim();
      writeFileSync(join(site, "editable.pth"), `${join(repo, "src")}\n`);
      put(worktree, { "src/pkg/__init__.py": "def answer():\n    return 42\n" });
      const { runs } = await verify([{ role: "test", argv: [".venv/bin/python", "test_pkg.py"] }], [".venv"]);
      expect(runs[0]).toMatchObject({ exit_code: 0, stdout: `${join(repo, "src/pkg/__init__.py")}\n` });
    },
  );

  it("a workspace of very many packages can be mounted", async () => {
    commit({ "package.json": "{}" });
    const links = Array.from(
      { length: 250 },
      (_, index) => `packages/a-package-with-quite-a-long-name-${index}/node_modules`,
    );
    for (const link of links) put(repo, { [`${link}/dep/index.js`]: "" });
    const { runs } = await verify(
      [{ role: "test", argv: ["sh", "-c", "ls -d packages/*/node_modules/dep | wc -l"] }],
      links,
    );
    expect(runs[0]?.stdout.trim()).toBe("250");
  });
});
