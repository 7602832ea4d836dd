import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { measureReportSchema } from "../../src/schema/measure-report.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
let folder = "";

const FILES: Record<string, string> = {
  "src/a.ts": "/** Picks. */\nexport function pick(n: number, m = 1) {\n  return n > 1 && m ? 1 : 2;\n}\n",
  "src/b.c": "int knot(int a) { return a ? 1 : a || 2; }\n",
  "src/broken.py": "def f(:\n",
  "notes.md": "# no code\n",
  tool: "#!/usr/bin/env python3\ndef run(n):\n    return n or 1\n\n# Says what it is for.\ndef said():\n    return 1\n",
  "ignored/c.js": "function hidden() {}\n",
  ".gitignore": "ignored/\n",
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worknode-measure-"));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  symlinkSync("/etc", join(folder, "src", "link"));
  writeFileSync(join(folder, "src", "latin.c"), Buffer.from([0x2f, 0x2f, 0xff, 0x0a]));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function measure(...args: string[]): { code: number | null; out: string; err: string } {
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
  const run = spawnSync(process.execPath, [MAIN, "measure", ...args], { cwd: folder, env, encoding: "utf8" });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

it("gives programs the name of every file as it is, in signs that steer no terminal", () => {
  const name = "src/\u202ecod\u001b[2K\u200b\u009b.js";
  writeFileSync(join(folder, name), "export const one = () => 1;\n");
  try {
    const { out } = measure(name, "--format", "json");
    expect(out).toMatch(/^[\n -~]+$/);
    expect(measureReportSchema.parse(JSON.parse(out)).files.map(({ path }) => path)).toEqual([name]);
  } finally {
    rmSync(join(folder, name));
  }
});

it("measures a script that is named, by its first line, which documents no function", () => {
  const { code, out } = measure("tool");
  expect(code).toBe(0);
  expect(out).toContain("tool:2  complexity 2  length 2  parameters 1  undocumented  run\n");
  expect(out).toContain("parameters 0  documented  said\n");
});

it("measures files and folders without a repository or a database, and prints what its schema says", () => {
  const { code, out } = measure("src", "notes.md", "--format", "json");
  expect(code).toBe(0);
  const report = measureReportSchema.parse(JSON.parse(out));
  expect(report.files).toEqual([
    { path: "src/a.ts", language: "typescript", lines: 4, parse: "ok" },
    { path: "src/b.c", language: "c", lines: 1, parse: "ok" },
    { path: "src/broken.py", language: "python", lines: 1, parse: "partial" },
    { path: "src/latin.c", language: "c", lines: 0, parse: "failed" },
    { path: "notes.md", language: null, lines: 1, parse: "ok" },
  ]);
  expect(report.functions).toMatchObject([
    { file: "src/a.ts", name: "pick", line: 2, end_line: 4, complexity: 4, length: 3, parameters: 2, documented: true },
    { file: "src/b.c", name: "knot", line: 1, end_line: 1, complexity: 3, length: 1, parameters: 1, documented: false },
    { file: "src/broken.py", name: "f", line: 1, parameters: 0 },
  ]);
});

it("says that a function of C is documented where a header among the files documents it", () => {
  mkdirSync(join(folder, "lib"), { recursive: true });
  writeFileSync(join(folder, "lib", "a.h"), "/** One. */\nint one(void);\nint two(void);\n");
  writeFileSync(
    join(folder, "lib", "a.c"),
    '#include "a.h"\nint one(void) { return 1; }\nint two(void) { return 2; }\n',
  );
  const { out } = measure("lib", "--format", "json");
  const { functions } = measureReportSchema.parse(JSON.parse(out));
  expect(functions.map(({ name, documented }) => `${name} ${documented}`)).toEqual(["one true", "two false"]);
});

it("leaves out of a folder what git ignores there, and measures it when it is named", () => {
  expect(spawnSync("git", ["init", "-q"], { cwd: folder }).status).toBe(0);
  expect(measure(".").out).not.toContain("hidden");
  expect(measure("ignored").out).not.toContain("hidden");
  expect(measure("ignored/c.js").out).toContain(
    "ignored/c.js:1  complexity 1  length 1  parameters 0  undocumented  hidden",
  );
});

it("says why a file could not be read, and where", () => {
  const { out } = measure("src");
  expect(out).toContain("src/broken.py:1  parse partial: missing )\n");
  expect(out).toContain("src/latin.c:1  parse failed: not UTF-8 text\n");
});

it("says what is wrong with a path that is not there, a link, and no path", () => {
  expect(measure("")).toMatchObject({ code: 2, out: "", err: expect.stringContaining("an empty path names no file") });
  expect(measure("gone")).toMatchObject({ code: 2, out: "", err: expect.stringContaining("there is no gone") });
  expect(measure("src/link")).toMatchObject({ code: 2, err: expect.stringContaining("links are not followed") });
  expect(measure().code).toBe(2);
});

it("prints what the Power of Ten finds, recursion across files included, and what it cannot tell", () => {
  const files: Record<string, string> = {
    "ten/a.ts": 'import { b } from "./b.js";\nlet n = 0;\nexport const a = (): number => n + b();\n',
    "ten/b.ts": 'import { a } from "./a.js";\nexport const b = (): number => a();\n',
    "ten/c.c": "int f(int (*g)(void)) { goto out; out: return g(); }\n",
  };
  mkdirSync(join(folder, "ten"), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  const { out } = measure("ten", "--format", "json");
  const report = measureReportSchema.parse(JSON.parse(out));
  expect(
    report.functions.map(({ name, findings }) => [name, findings.map(({ rule, verdict }) => `${rule} ${verdict}`)]),
  ).toEqual([
    ["a", ["p10-1-recursion fail"]],
    ["b", ["p10-1-recursion fail"]],
    ["f", ["p10-1-jump fail", "p10-1-recursion unknown", "p10-9-pointer fail", "p10-9-pointer fail"]],
  ]);
  expect(report.files[0]?.findings).toMatchObject([{ rule: "p10-6-scope", line: 2, verdict: "fail" }]);
  expect(measure("ten").out).toContain("ten/b.ts:2  p10-1-recursion fail: calls itself through a\n");
});

it("prints with --figures the same figures and looks for nothing", () => {
  mkdirSync(join(folder, "figures"));
  writeFileSync(join(folder, "figures", "a.h"), "/** Goes. */\nvoid go(void);\n");
  writeFileSync(join(folder, "figures", "a.c"), '#include "a.h"\nint n;\nvoid go(void) { if (n) go(); }\n');
  writeFileSync(join(folder, "figures", "b.c"), "int f( {\n");
  const [all, alone] = [[], ["--figures"]].map((more) => {
    const { out } = measure("figures", "--format", "json", ...more);
    return measureReportSchema.parse(JSON.parse(out));
  });
  expect(all?.functions).toMatchObject([{ name: "go", complexity: 2, documented: true }]);
  expect(all?.functions[0]?.findings).not.toEqual([]);
  expect(alone?.functions).toEqual(all?.functions.map((one) => ({ ...one, findings: [] })));
  expect(alone?.files).toEqual(all?.files.map((row) => ({ ...row, findings: undefined })));
  expect(measure("figures", "--figures").out).toContain("b.c:1  parse partial: ");
  expect(measure("figures", "--figures", "--deep")).toMatchObject({ code: 2, out: "" });
});

const deep = it.skipIf(!existsSync("/usr/bin/clang-tidy") || !existsSync("/usr/bin/cppcheck"));

deep("asks clang-tidy and cppcheck of C with --deep, and lets no configuration of the project speak", () => {
  const code = "int f(int a) {\n  int u;\n  char p[2];\n  p[3] = 0;\n  return a + p[0];\n}\n";
  mkdirSync(join(folder, "deep"));
  writeFileSync(join(folder, "deep", "d.c"), code);
  writeFileSync(join(folder, "deep", "lost.c"), '#include "nowhere.h"\nint g(void) { return 1; }\n');
  writeFileSync(join(folder, "deep", ".clang-tidy"), "Checks: '-*'\nExtraArgs: ['-fplugin=/nowhere.so']\n");
  const { code: exit, out, err } = measure("deep", "--deep");
  expect(exit, err).toBe(0);
  expect(out).toMatch(/d\.c:2 {2}p10-10-warnings fail: clang-tidy: unused variable 'u'/);
  expect(out).toMatch(/d\.c:4 {2}p10-10-warnings fail: cppcheck: Array 'p\[2\]' accessed at index 3/);
  expect(out).toMatch(/lost\.c:1 {2}p10-10-warnings unknown: clang-tidy cannot read this: 'nowhere\.h'/);
  expect(out).not.toContain("plugin");
  expect(measure("deep").out).not.toContain("clang-tidy");
});
