import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const BUILT = new URL("../../../scripts/built.mjs", import.meta.url).href;
const FILES = [
  "src/a.ts",
  "scripts/build.mjs",
  "grammars/c.wasm",
  "LICENSE",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "node_modules/.package-lock.json",
  "dist/main.js",
  "dist/chunks/a.mjs",
];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "worknode-built-"));
  for (const path of FILES) put(path, `of ${path}`);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

/** What a program that knows the script prints in the folder. */
function told(program: string): unknown {
  const text = `import { writeFileSync, rmSync } from "node:fs"; import { isBuilt, markBuilt } from ${JSON.stringify(BUILT)}; ${program}`;
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", text], { cwd: dir, encoding: "utf8" });
  return run.status === 0 ? JSON.parse(run.stdout) : run.stderr;
}

it("what was built from these sources is not built again, and what was never built is", () => {
  expect(told("const before = isBuilt(); markBuilt(); console.log(JSON.stringify([before, isBuilt()]))")).toEqual([
    false,
    true,
  ]);
  expect(told("console.log(isBuilt())")).toBe(true);
});

it("is built again when any source or result was changed", () => {
  const change = `for (const path of ${JSON.stringify(FILES)}) { markBuilt(); writeFileSync(path, "other"); if (isBuilt()) unseen.push(path); }`;
  expect(told(`const unseen = []; ${change} console.log(JSON.stringify(unseen))`)).toEqual([]);
});

it("is built again when a result was lost, or a source came", () => {
  expect(told('markBuilt(); rmSync("dist/chunks/a.mjs"); console.log(isBuilt())')).toBe(false);
  expect(told('markBuilt(); writeFileSync("src/b.ts", ""); console.log(isBuilt())')).toBe(false);
  rmSync(join(dir, "dist"), { recursive: true });
  expect(told("console.log(isBuilt())")).toBe(false);
});
