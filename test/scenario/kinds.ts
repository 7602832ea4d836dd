import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Repo } from "./harness.js";

/** The repository's own packages, for repositories that want what is among them. */
const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Whether a program of the machine does as it is told. */
export function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** An npm package with vitest. */
export const VITEST = {
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
const NODE_TEST = (name: string, asserted: string, imported = ""): string =>
  `import assert from "node:assert";\nimport test from "node:test";\n${imported}\ntest("${name}", () => assert.equal(${asserted}));\n`;
const PNPM = {
  ".gitignore": "node_modules\n",
  "package.json": JSON.stringify({ private: true, type: "module", scripts: { test: "node --test packages/" } }),
  "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
  "packages/one/package.json": '{"name":"one","type":"module"}',
  "packages/one/one.test.js": NODE_TEST("one", "1, 1"),
};
const PYTHON = {
  ".gitignore": ".venv/\n__pycache__/\n",
  "pyproject.toml": '[project]\nname = "pkg"\nversion = "1"\n[project.optional-dependencies]\ntest = ["pytest"]\n',
  "pkg/__init__.py": "def answer():\n    return 42\n",
  "tests/test_pkg.py": "import pkg\n\ndef test_answer():\n    assert pkg.answer() == 42\n",
};
/** A C library with make. */
export const C = {
  Makefile:
    "CC = gcc\nCFLAGS = -Isrc\nbuild/t: $(wildcard src/*.c) test/t.c\n\tmkdir -p build\n\t$(CC) $(CFLAGS) -o $@ $^\ncheck: build/t\n\t./build/t\n",
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
    "a.test.js": NODE_TEST("a", "1, 1"),
  }),
};

/** A function more, with its test, in each kind of project. */
const MORE_C = {
  "src/twice.c": '#include "add.h"\n/* The double of a number. */\nint twice(int a) { return add(a, a); }\n',
  "test/t.c":
    '#include "add.h"\nint twice(int a);\nint main(void) { return add(2, 2) == 4 && twice(2) == 4 ? 0 : 1; }\n',
};
const MORE_NODE = {
  "twice.js": "/** The double of a number. */\nexport const twice = (a) => a * 2;\n",
  "twice.test.js": NODE_TEST("twice", "twice(2), 4", 'import { twice } from "./twice.js";'),
};
const MORE_VITEST = {
  "src/twice.js": "/** The double of a number. */\nexport function twice(a) {\n  return a * 2;\n}\n",
  "test/twice.test.js": VITEST["test/sum.test.js"]
    .replaceAll("sum(1, 2)", "twice(2)")
    .replaceAll("sum", "twice")
    .replace("3", "4"),
};
const MORE_PYTHON = {
  "pkg/twice.py": 'def twice(a):\n    """The double of a number."""\n    return a * 2\n',
  "tests/test_twice.py": "from pkg.twice import twice\n\ndef test_twice():\n    assert twice(2) == 4\n",
};

const venv = works("python3", "-m", "venv", "--help") && works("python3", "-m", "pytest", "--version");
const gcc = works("gcc", "--version") && works("make", "--version");

/** A kind of repository: what must be there for its commands to run, what `init` should find, and work for each project. */
export interface Kind {
  readonly name: string;
  readonly files: Record<string, string>;
  readonly able: boolean;
  readonly finds: readonly string[];
  /** Files to write for each project, as `init` lists them. */
  readonly more: readonly Record<string, string>[];
  prepare(repo: Repo): void;
}

export const KINDS: readonly Kind[] = [
  {
    name: "an npm package with vitest",
    files: VITEST,
    able: true,
    prepare: linkModules,
    finds: ["javascript", "npm", "npx vitest run --coverage --coverage.reporter=lcov", "coverage/lcov.info (lcov)"],
    more: [MORE_VITEST],
  },
  {
    name: "a pnpm workspace",
    files: PNPM,
    able: true,
    prepare: (repo) => repo.write("node_modules/.modules.yaml", "{}\n"),
    finds: ["pnpm", "packages/*", "node --experimental-test-coverage", "lcov.info (lcov)"],
    more: [below("packages/one", MORE_NODE)],
  },
  {
    name: "a Python package with pytest in a venv [needs python3 with venv and pytest]",
    files: PYTHON,
    able: venv,
    prepare: (repo) =>
      void execFileSync("python3", ["-m", "venv", "--system-site-packages", "--without-pip", join(repo.dir, ".venv")]),
    finds: ["python", ".venv", ".venv/bin/python -m pytest -q"],
    more: [MORE_PYTHON],
  },
  {
    name: "a C library with make [needs gcc, make]",
    files: C,
    able: gcc,
    prepare: () => undefined,
    finds: ["c in .", "make check"],
    more: [MORE_C],
  },
  {
    name: "a repository of several of these [needs gcc, make]",
    files: SEVERAL,
    able: gcc,
    prepare: () => undefined,
    finds: ["c in native", "make -C native check", "node in web", "npm --prefix web test", "web/lcov.info (lcov)"],
    more: [below("native", MORE_C), below("web", MORE_NODE)],
  },
];

/** Installs what the package wants: our own packages, by a link. */
export function linkModules(repo: Repo): void {
  symlinkSync(MODULES, join(repo.dir, "node_modules"));
}
