import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const PLAN = ".worknode/plans/first.yaml";
const CONFIG = ".worknode/config.yaml";
const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const VITEST = {
  ".gitignore": "node_modules\ncoverage/\n",
  "package.json": JSON.stringify({
    name: "sum",
    type: "module",
    scripts: { test: "vitest run" },
    devDependencies: { vitest: "4", "@vitest/coverage-v8": "4" },
  }),
  "package-lock.json": "{}",
  "src/sum.js": "/** Adds. */\nexport function sum(a, b) {\n  return a + b;\n}\n",
  "test/sum.test.js":
    'import { expect, it } from "vitest";\nimport { sum } from "../src/sum.js";\nit("adds", () => expect(sum(1, 2)).toBe(3));\n',
};
const PNPM = {
  ".gitignore": "node_modules\n",
  "package.json": JSON.stringify({ private: true, type: "module", scripts: { test: "node --test packages/" } }),
  "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
  "packages/one/package.json": '{"name":"one","type":"module"}',
  "packages/one/one.test.js":
    'import test from "node:test"; import assert from "node:assert"; test("one", () => assert.equal(1, 1));\n',
};
const PYTHON = {
  ".gitignore": ".venv/\n__pycache__/\n",
  "pyproject.toml": '[project]\nname = "pkg"\nversion = "1"\n[project.optional-dependencies]\ntest = ["pytest"]\n',
  "pkg/__init__.py": "def answer():\n    return 42\n",
  "tests/test_pkg.py": "import pkg\n\ndef test_answer():\n    assert pkg.answer() == 42\n",
};
const C = {
  Makefile:
    "CC = gcc\nCFLAGS = -Isrc\nbuild/t: src/add.c test/t.c\n\tmkdir -p build\n\t$(CC) $(CFLAGS) -o $@ $^\ncheck: build/t\n\t./build/t\n",
  ".gitignore": "build/\n",
  "src/add.h": "int add(int a, int b);\n",
  "src/add.c": '#include "add.h"\nint add(int a, int b) { return a + b; }\n',
  "test/t.c": '#include "add.h"\nint main(void) { return add(2, 2) == 4 ? 0 : 1; }\n',
};
const below = (folder: string, files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
const SEVERAL = {
  ".gitignore": "node_modules\n.venv/\nbuild/\n",
  ...below("native", C),
  ...below("web", {
    "package.json": JSON.stringify({ type: "module", scripts: { test: "node --test" } }),
    "a.test.js": PNPM["packages/one/one.test.js"],
  }),
};

const venv = works("python3", "-m", "venv", "--help") && works("python3", "-m", "pytest", "--version");
const gcc = works("gcc", "--version") && works("make", "--version");

/** The repositories, with what must be there for their commands to run, and what `init` should find. */
const KINDS = [
  {
    name: "an npm package with vitest",
    files: VITEST,
    able: true,
    prepare: (repo: Repo) => symlinkSync(MODULES, join(repo.dir, "node_modules")),
    finds: ["javascript", "npm", "npx vitest run --coverage --coverage.reporter=lcov", "coverage/lcov.info (lcov)"],
    commands: { "FIRST-1": ["test"] },
  },
  {
    name: "a pnpm workspace",
    files: PNPM,
    able: true,
    prepare: (repo: Repo) => repo.write("node_modules/.modules.yaml", "{}\n"),
    finds: ["pnpm", "packages/*", "node --experimental-test-coverage", "lcov.info (lcov)"],
    commands: { "FIRST-1": ["test"] },
  },
  {
    name: "a Python package with pytest in a venv [needs python3 with venv and pytest]",
    files: PYTHON,
    able: venv,
    prepare: (repo: Repo) =>
      void execFileSync("python3", ["-m", "venv", "--system-site-packages", "--without-pip", join(repo.dir, ".venv")]),
    finds: ["python", ".venv", ".venv/bin/python -m pytest -q"],
    commands: { "FIRST-1": ["test"] },
  },
  {
    name: "a C library with make [needs gcc, make]",
    files: C,
    able: gcc,
    prepare: () => undefined,
    finds: ["c in .", "make check"],
    commands: { "FIRST-1": works("gcovr", "--version") ? ["compile", "test"] : ["test"] },
  },
  {
    name: "a repository of several of these [needs gcc, make]",
    files: SEVERAL,
    able: gcc,
    prepare: () => undefined,
    finds: ["c in native", "make -C native check", "node in web", "npm --prefix web test"],
    commands: { "FIRST-1": works("gcovr", "--version") ? ["compile", "test"] : ["test"], "FIRST-2": ["test"] },
  },
] as const;

describe("init", () => {
  let repo: Repo;
  afterEach(() => repo.remove());

  async function worknode(...args: string[]) {
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    const code = await runCommandLine(context, args);
    return { code, out: context.printed(), err: context.complained() };
  }

  /** A Claude Code that answers what `init` asks it. */
  function claude(status: string): void {
    const bin = join(repo.dir, "..", "bin");
    mkdirSync(bin, { recursive: true });
    const answer = `#!/bin/sh\ncase "$1" in --version) echo '2.9.0 (Claude Code)';; auth) echo '${status}';; esac\n`;
    writeFileSync(join(bin, "claude"), answer);
    chmodSync(join(bin, "claude"), 0o755);
    repo.env["PATH"] = `${bin}:${process.env["PATH"] ?? ""}`;
  }

  for (const { name, files, able, prepare, finds, commands } of KINDS) {
    it.skipIf(!able || sandboxMissing)(
      `${name}${reason}: finds how work is verified, and its first plan runs those commands`,
      async () => {
        repo = makeRepo(files);
        prepare(repo);
        const { code, out } = await worknode("init");
        expect(code).toBe(0);
        for (const text of finds) expect(out).toContain(text);
        expect(await worknode("plan", "lint", PLAN)).toMatchObject({ code: 0 });
        const server = await scripted(
          repo,
          scriptOf(
            Object.fromEntries(
              Object.keys(commands).map((task, index) => {
                const page = Object.keys(commands).length === 1 ? "docs/overview.md" : `docs/overview-${index + 1}.md`;
                return [`${task}:work:1`, [write(page, "# What this is\n"), submit]];
              }),
            ),
          ),
        );
        const ended = await run(repo, PLAN);
        await server.close();
        expect(ended.reason).toBe("done and verified");
        const ran = of(eventsOf(repo), "COMMANDS_RAN").map(({ task, payload }) => [
          task,
          payload.commands.map(({ role, exit_code }) => [role, exit_code]),
        ]);
        for (const [task, roles] of Object.entries(commands))
          expect(ran).toContainEqual([task, roles.map((role) => [role, 0])]);
      },
    );
  }

  it("changes nothing the second time, also after a person changed what it wrote", async () => {
    repo = makeRepo(VITEST);
    symlinkSync(MODULES, join(repo.dir, "node_modules"));
    expect((await worknode("init")).code).toBe(0);
    expect(repo.git("status", "--porcelain", "--untracked-files=all").trim().split("\n")).toEqual([
      "?? .worknode/.gitignore",
      `?? ${CONFIG}`,
      `?? ${PLAN}`,
    ]);
    const mine = `${readFileSync(join(repo.dir, PLAN), "utf8")}# mine\n`;
    repo.write(PLAN, mine);
    const config = readFileSync(join(repo.dir, CONFIG), "utf8");
    const again = await worknode("init", "--output-format", "json");
    expect(JSON.parse(again.out)).toMatchObject({ written: [], ready: true });
    expect(readFileSync(join(repo.dir, PLAN), "utf8")).toBe(mine);
    expect(readFileSync(join(repo.dir, CONFIG), "utf8")).toBe(config);
  });

  it("drafts the plan from a corrected configuration", async () => {
    repo = makeRepo(C);
    await worknode("init");
    execFileSync("rm", [join(repo.dir, PLAN)]);
    repo.write(CONFIG, readFileSync(join(repo.dir, CONFIG), "utf8").replaceAll(/\bcheck\b/g, "build/t"));
    await worknode("init");
    expect(readFileSync(join(repo.dir, PLAN), "utf8")).toContain("build/t");
  });

  it.each([
    ["nonsense", "apiVersion: worknode/v9\n"],
    [
      "a command with a shell",
      "apiVersion: worknode/v1\nkind: Config\nprojects: [{ path: ., kind: c, verify: { test: [sh, -c, x] } }]\n",
    ],
  ])("refuses a configuration with %s, and writes nothing", async (_, text) => {
    repo = makeRepo({ "README.md": "# r\n", [CONFIG]: text });
    const { code, err } = await worknode("init");
    expect(code).toBe(2);
    expect(err).toContain(CONFIG);
    expect(existsSync(join(repo.dir, PLAN))).toBe(false);
  });

  it("asks which package manager counts where two have lock files, and takes the answer", async () => {
    repo = makeRepo({ ...VITEST, "yarn.lock": "" });
    const { code, err } = await worknode("init");
    expect(code).toBe(2);
    expect(err).toContain("npm and yarn");
    expect(existsSync(join(repo.dir, CONFIG))).toBe(false);
    await worknode("init", "--package-manager", "yarn");
    expect(readFileSync(join(repo.dir, CONFIG), "utf8")).toContain("packageManager: yarn");
  });

  it("plans to install the packages where the checkout has none", async () => {
    repo = makeRepo(VITEST);
    await worknode("init");
    expect(readFileSync(join(repo.dir, PLAN), "utf8")).toMatch(/prepare:\n\s+command: \[npm, ci\]\n\s+network: true/);
  });

  it("says that no test was found, and what is missing on this machine", async () => {
    repo = makeRepo({ "package.json": '{"name":"x"}', "go/go.mod": "module x\n" });
    repo.env["PATH"] = "/usr/bin:/bin";
    const { code, out } = await worknode("init");
    expect(out).toContain("package.json has no test script");
    expect(out).toContain("go is not installed");
    expect(code).toBe(2);
    expect((await worknode("plan", "lint", PLAN)).code).toBe(0);
  });

  it("says what is missing where no model would answer, and is ready with any of the ways", async () => {
    repo = makeRepo({ "README.md": "# r\n" });
    const bare = await worknode("init");
    expect(bare.code).toBe(0);
    expect(bare.out).not.toContain("Ready to run");
    for (const way of ["ANTHROPIC_API_KEY=", "ANTHROPIC_BASE_URL=", "--runtime claude-code", "plan test PLAN --script"])
      expect(bare.out).toContain(way);
    expect((await worknode("doctor")).out).toContain("no model is set up");
    expect(JSON.parse((await worknode("init", "--output-format", "json")).out)).toMatchObject({ model: null });
    claude('{"loggedIn": false}');
    expect((await worknode("init")).out).toContain("no model is set up");
    claude('{"loggedIn": true}');
    const onClaude = await worknode("init");
    expect(onClaude.out).toContain("Ready to run a plan on Claude Code");
    expect(onClaude.out).toContain(`Next: worknode run ${PLAN} --runtime claude-code\n`);
    repo.env["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:9";
    expect((await worknode("init")).out).toMatch(/Ready to run a plan\.\nClaude Code .*\nNext: worknode run \S+\n/);
  });

  it("is not ready where a program of its own commands is missing", async () => {
    repo = makeRepo({ "go/go.mod": "module x\n" });
    repo.env["PATH"] = "/usr/bin:/bin";
    const { code, out } = await worknode("init");
    expect(code).toBe(2);
    expect(out).toContain("Not ready: see the fixes above.\n");
    expect(out).not.toContain("Next:");
  });

  it("needs a repository with a commit", async () => {
    repo = makeRepo({ "README.md": "# r\n" });
    const context = makeContext({ cwd: join(repo.dir, "..", "home"), env: repo.env });
    expect(await runCommandLine(context, ["init"])).toBe(2);
    expect(context.complained()).toContain("not inside a git repository");
  });
});
