import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { globTool } from "../../../../src/effect/tool/glob-tool.js";
import { grepTool } from "../../../../src/effect/tool/grep-tool.js";
import { readFileTool, type ToolResult } from "../../../../src/effect/tool/read-tool.js";
import { searchTexts } from "../../../../src/effect/tool/search-program.js";
import { openSearcher } from "../../../../src/effect/tool/search-worker.js";
import type { TaskWorkspace } from "../../../../src/effect/workspace/workspace.js";
import type { ToolInput } from "../../../../src/schema/tool.js";
import { approve, makeRepository, openTask, temporaryDirectory, write } from "../fixture.js";

const FILES = {
  "src/a.js": "const one = 1;\nfunction two() {\n  return 2;\n}\n",
  "src/b.ts": "const one = 11;\n",
  "deep/src/c.js": "One\r\n",
  ".hidden/x.js": "one\n",
  ".env.local": "SECRET=one\n",
  "keys/server.pem": "one\n",
  "node_modules/dep/index.js": "one\n",
  "bin.dat": Buffer.from([0, 1, 2]),
  ".gitignore": "dist/\n",
};

async function workspaceOf(
  files: Record<string, string | Buffer> = FILES,
  deny?: readonly string[],
): Promise<TaskWorkspace> {
  return openTask(await makeRepository(files).find(), "T1", deny);
}

async function readIn(workspace: TaskWorkspace, input: ToolInput<"Read">): Promise<ToolResult> {
  const { permit, call } = approve(input);
  return readFileTool(permit, workspace, call);
}

async function globIn(workspace: TaskWorkspace, pattern: string, path?: string): Promise<string[]> {
  const { permit, call } = approve(path === undefined ? { pattern } : { pattern, path });
  const result = await globTool(permit, workspace, call);
  return result.content.split("\n").map((line) => line.replace(`${workspace.shownRoot}/`, ""));
}

async function grepIn(workspace: TaskWorkspace, input: ToolInput<"Grep">): Promise<string> {
  const { permit, call } = approve(input);
  return (await grepTool(permit, workspace, call)).content.replaceAll(`${workspace.shownRoot}/`, "");
}

describe("Read", () => {
  it("numbers lines from 1 and takes the path as the agent sees it", async () => {
    const workspace = await workspaceOf();
    const whole = await readIn(workspace, { file_path: `${workspace.shownRoot}/src/a.js` });
    expect(whole).toEqual({
      content: "     1\tconst one = 1;\n     2\tfunction two() {\n     3\t  return 2;\n     4\t}",
      is_error: false,
    });
    expect((await readIn(workspace, { file_path: "./src/a.js", offset: 2, limit: 1 })).content).toBe(
      "     2\tfunction two() {\n(4 lines in all; continue with offset 3)",
    );
    expect((await readIn(workspace, { file_path: "deep/src/c.js" })).content).toBe("     1\tOne");
  });

  it("bounds lines and size and says how to go on", async () => {
    const workspace = await workspaceOf({
      "many.txt": "x\n".repeat(3000),
      "wide.txt": `${"y".repeat(1990)}\n`.repeat(100),
      "line.txt": "z".repeat(5000),
      "empty.txt": "",
    });
    expect((await readIn(workspace, { file_path: "many.txt" })).content).toMatch(
      /\(3000 lines in all; continue with offset 2001\)$/,
    );
    const wide = (await readIn(workspace, { file_path: "wide.txt" })).content;
    expect(wide.length).toBeLessThan(61_000);
    expect(wide).toMatch(/continue with offset \d+\)$/);
    expect((await readIn(workspace, { file_path: "line.txt" })).content).toMatch(/z \(line clipped\)$/);
    expect(await readIn(workspace, { file_path: "empty.txt" })).toEqual({
      content: "empty.txt is empty.",
      is_error: false,
    });
    expect(await readIn(workspace, { file_path: "many.txt", offset: 4000 })).toMatchObject({
      is_error: true,
      content: expect.stringContaining("3000 lines"),
    });
  });

  it("refuses what agents must not see and what is no text file, saying why", async () => {
    const workspace = await workspaceOf({ ...FILES, "long.txt": "x".repeat(4 * 1024 * 1024 + 1) });
    symlinkSync("/etc/passwd", join(workspace.worktree, "link"));
    symlinkSync("/etc", join(workspace.worktree, "etc"));
    execFileSync("mkfifo", [join(workspace.worktree, "pipe")]);
    const cases: [string, string][] = [
      [".env.local", "workspace.deny"],
      [".ENV", "workspace.deny"],
      ["keys/server.pem", "workspace.deny"],
      [".git", ".git"],
      ["link", "link"],
      ["etc/passwd", "etc is a link"],
      ["pipe", "not a regular file"],
      ["src", "directory"],
      ["missing.txt", "does not exist"],
      ["src/a.js/x", "not a regular file"],
      ["bin.dat", "binary"],
      ["long.txt", "long.txt is 4194305 bytes long, and no more than 4194304 are read"],
      ["../x", "'..'"],
      ["/etc/passwd", "outside"],
    ];
    for (const [file_path, why] of cases) {
      const result = await readIn(workspace, { file_path });
      expect(result.is_error, file_path).toBe(true);
      expect(result.content, file_path).toContain(why);
    }
  });

  it("needs the permit of exactly this call", async () => {
    const workspace = await workspaceOf();
    const { permit } = approve({ file_path: "src/a.js" });
    const { call } = approve({ file_path: "src/b.ts" });
    for (const tool of [readFileTool, globTool, grepTool])
      await expect(tool(permit, workspace, call as never)).rejects.toMatchObject({ code: "ERROR_NOT_APPROVED" });
  });
});

describe("Glob", () => {
  it("lists what matches, newest first, hidden files too", async () => {
    const workspace = await workspaceOf();
    const at = (path: string, seconds: number): void => utimesSync(join(workspace.worktree, path), seconds, seconds);
    at("src/a.js", 1000);
    at("deep/src/c.js", 3000);
    at(".hidden/x.js", 2000);
    expect(await globIn(workspace, "**/*.js")).toEqual(["deep/src/c.js", ".hidden/x.js", "src/a.js"]);
    expect(await globIn(workspace, `${workspace.shownRoot}/src/*.{js,ts}`)).toEqual(
      expect.arrayContaining(["src/a.js", "src/b.ts"]),
    );
    expect(await globIn(workspace, "*.js", "src")).toEqual(["src/a.js"]);
    expect(await globIn(workspace, "*.js", `${workspace.shownRoot}/deep/src/`)).toEqual(["deep/src/c.js"]);
    expect(await globIn(workspace, "*.nothing")).toEqual(["No files found"]);
  });

  it("sees new files, not denied ones, ignored ones, links, .git, or node_modules unless named", async () => {
    const workspace = await workspaceOf();
    write(workspace.worktree, { "new.txt": "x", "dist/out.js": "x" });
    symlinkSync("src", join(workspace.worktree, "linked"));
    const all = (await globIn(workspace, "**")).sort();
    expect(all).toEqual([".gitignore", ".hidden/x.js", "bin.dat", "deep/src/c.js", "new.txt", "src/a.js", "src/b.ts"]);
    expect(await globIn(workspace, "node_modules/**")).toEqual(["node_modules/dep/index.js"]);
    expect(await globIn(workspace, ".git/**")).toEqual(["No files found"]);
  });

  it("refuses a path outside and a pattern that is too long, and bounds its list", async () => {
    const files = Object.fromEntries(Array.from({ length: 1005 }, (_, index) => [`f/${index}.txt`, "x"]));
    const workspace = await workspaceOf(files);
    expect(await globIn(workspace, "*", "../..")).toEqual([expect.stringContaining("'..'")]);
    expect(await globIn(workspace, "*".repeat(1001))).toEqual([expect.stringContaining("longer than")]);
    const listed = await globIn(workspace, "f/*");
    expect(listed).toHaveLength(1001);
    expect(listed.at(-1)).toContain("5 more");
  });
});

describe("Grep", () => {
  it("names files by default, counts, or shows lines", async () => {
    const workspace = await workspaceOf();
    expect(await grepIn(workspace, { pattern: "^const" })).toBe("src/a.js\nsrc/b.ts");
    expect(await grepIn(workspace, { pattern: "one|two", output_mode: "count" })).toBe(
      ".hidden/x.js:1\nsrc/a.js:2\nsrc/b.ts:1",
    );
    expect(await grepIn(workspace, { pattern: "\\d{2}", output_mode: "content" })).toBe("src/b.ts:1:const one = 11;");
    expect(await grepIn(workspace, { pattern: "nowhere" })).toBe("No matches found");
  });

  it("takes case, path, glob, context and numbers as its client does", async () => {
    const workspace = await workspaceOf();
    expect(await grepIn(workspace, { pattern: "^one$", "-i": true, path: "deep" })).toBe("deep/src/c.js");
    expect(await grepIn(workspace, { pattern: "one", glob: "*.ts" })).toBe("src/b.ts");
    expect(await grepIn(workspace, { pattern: "one", glob: "src/**/*.js", output_mode: "content", "-n": false })).toBe(
      "src/a.js:const one = 1;",
    );
    expect(
      await grepIn(workspace, { pattern: "return", path: "src/a.js", output_mode: "content", "-B": 1, "-A": 1 }),
    ).toBe("src/a.js-2-function two() {\nsrc/a.js:3:  return 2;\nsrc/a.js-4-}");
    const ends = { pattern: "const|^}", path: "src/a.js", output_mode: "content" } as const;
    expect(await grepIn(workspace, ends)).toBe("src/a.js:1:const one = 1;\nsrc/a.js:4:}");
    expect(await grepIn(workspace, { ...ends, "-A": 1 })).toBe(
      "src/a.js:1:const one = 1;\nsrc/a.js-2-function two() {\n--\nsrc/a.js:4:}",
    );
    expect(await grepIn(workspace, { pattern: "return", path: "src/a.js", output_mode: "content", "-C": 9 })).toContain(
      "src/a.js-1-const one",
    );
  });

  it("stops at head_limit and at the size of a result, and says so", async () => {
    const workspace = await workspaceOf({ ...FILES, "big.txt": `${"match ".repeat(300)}\n`.repeat(100) });
    expect(await grepIn(workspace, { pattern: "one", head_limit: 1 })).toBe(
      ".hidden/x.js\n(cut: more was found; narrow the search or raise head_limit)",
    );
    const big = await grepIn(workspace, { pattern: "match", output_mode: "content" });
    expect(big.length).toBeLessThan(61_000);
    expect(big).toContain("(cut:");
  });

  it("leaves out denied, binary and linked files", async () => {
    const workspace = await workspaceOf();
    symlinkSync("/etc/passwd", join(workspace.worktree, "passwd"));
    const found = await grepIn(workspace, { pattern: "." });
    expect(found).not.toMatch(/env|pem|bin\.dat|passwd|node_modules/);
    expect(await grepIn(workspace, { pattern: "SECRET", path: ".env.local" })).toContain("no files");
  });

  it("answers a bad pattern, a bad path and a bad glob with an error", async () => {
    const workspace = await workspaceOf();
    expect(await grepIn(workspace, { pattern: "(" })).toContain("bad pattern");
    expect(await grepIn(workspace, { pattern: "a", path: "../x" })).toContain("'..'");
    expect(await grepIn(workspace, { pattern: "x".repeat(1001) })).toContain("longer than");
    expect(await grepIn(workspace, { pattern: "x", glob: "x".repeat(1001) })).toContain("longer than");
  });

  it("takes patterns that are only right without the unicode flag", async () => {
    const workspace = await workspaceOf();
    expect(await grepIn(workspace, { pattern: "two\\(\\)\\ \\{", output_mode: "count" })).toBe("src/a.js:1");
  });

  it("stops a pattern that would run for ever", async () => {
    const searcher = openSearcher(200);
    const texts = [{ path: "x", text: `${"a".repeat(50)}!` }];
    try {
      expect(await searcher.search({ source: "^(a+)+$", flags: "u", texts, filter: false })).toMatchObject({
        ok: false,
        error: expect.stringContaining("too long"),
      });
    } finally {
      await searcher.close();
    }
  });

  it("reports a thread that runs out of memory", async () => {
    const searcher = openSearcher(60_000);
    const texts = Array.from({ length: 40 }, (_, index) => ({ path: `${index}`, text: "\n".repeat(4_000_000) }));
    const request = { source: "^", flags: "", texts, filter: false };
    expect(await searcher.search(request)).toMatchObject({
      ok: false,
      error: expect.stringContaining("the search ended"),
    });
    await searcher.close();
  });
});

describe("the search program", () => {
  it("looks at lines, or at whole texts when filtering", () => {
    const texts = [
      { path: "x", text: "a\nb\na\na\n" },
      { path: "y", text: "" },
    ];
    expect(searchTexts({ source: "^a?$", flags: "u", texts, filter: false })).toEqual([
      { path: "x", lines: [1, 3, 4] },
    ]);
    expect(searchTexts({ source: "^a", flags: "u", texts, filter: true })).toEqual([{ path: "x", lines: [1] }]);
  });
});

describe("the search thread", () => {
  it("works when a bundler has minified it and kept its names", async () => {
    const directory = temporaryDirectory();
    const entry = join(import.meta.dirname, "../../../../src/effect/tool/search-worker.ts");
    const outfile = join(directory, "search.mjs");
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      minify: true,
      keepNames: true,
      platform: "node",
      format: "esm",
    });
    const { openSearcher: openBundled } = (await import(
      outfile
    )) as typeof import("../../../../src/effect/tool/search-worker.js");
    const searcher = openBundled();
    const request = { source: "b", flags: "u", texts: [{ path: "x", text: "a\nb" }], filter: false };
    expect(await searcher.search(request)).toEqual({ ok: true, value: [{ path: "x", lines: [2] }] });
    await searcher.close();
  });
});

describe("workspace.deny", () => {
  it("may be set by the plan: names at any depth, anchored paths, directories, and always .git", async () => {
    const workspace = await workspaceOf(FILES, ["secrets/", "src/*.ts", "x.js", "/deep"]);
    const denied = [
      "secrets/a/b",
      "lib/secrets/x",
      "src/b.ts",
      ".hidden/x.js",
      "deep/src/c.js",
      ".git/config",
      "sub/.GIT",
    ];
    expect(denied.filter((path) => !workspace.isDenied(path))).toEqual([]);
    const open = ["src/a.js", ".env.local", "lib/src/b.ts", "lib/deep", "secretsx"];
    expect(open.filter((path) => workspace.isDenied(path))).toEqual([]);
    mkdirSync(join(workspace.worktree, "secrets"));
  });
});
