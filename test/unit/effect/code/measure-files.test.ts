import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MeasuredFile } from "../../../../src/effect/code/code-file.js";
import { type MeasureSetting, measureFiles } from "../../../../src/effect/code/measure-files.js";
import type { Language } from "../../../../src/measure/language.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const LANGUAGES: readonly Language[] = ["c", "python", "typescript"];
/** What one thread measures alone is less than this many bytes. */
const MUCH_BYTES = 1_200_000;

let cwd = "";
const paths: string[] = [];

function put(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), text);
  paths.push(path);
}

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), "worknode-measure-files-"));
  put("api.h", "/** Adds. */\nint add(int a, int b);\n");
  put("add.c", '#include "api.h"\nint add(int a, int b) { return a && b ? a : b; }\n');
  put("go.ts", "export const go = (n: number) => (n > 1 ? go(n - 1) : 0);\n");
  put("broken.py", "def f(:\n");
  put("latin.c", Uint8Array.of(0x2f, 0x2f, 0xff, 0x0a));
  put("readme.md", "# no code\n");
  const remark = `/* ${"said at length ".repeat(30)}*/\n`; // as much text, and a tenth of the functions
  const lines = Array.from(
    { length: 400 },
    (_, at) => `${remark}int f${at}(int a) { return a > ${at} ? 1 : a || 2; }\n`,
  );
  const text = lines.join("");
  for (let bytes = 0; bytes < MUCH_BYTES; bytes += text.length) put(`much/${bytes}.c`, text);
  await loadGrammars(LANGUAGES, join(ROOT, "grammars"));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

function setting(more: Partial<MeasureSetting>): MeasureSetting {
  const program = join(ROOT, "dist", "measure-thread.mjs");
  return { cwd, grammars: join(ROOT, "grammars"), languages: LANGUAGES, program, depth: "facts", ...more };
}

/** What is known of a file by either depth: of a function all but the hash of its tokens, and what is found in it. */
function figuresOf({ measure: { path, parse, errors, functions }, text }: MeasuredFile): object {
  const figures = functions.map((one) => ({ ...one, findings: [], token_hash: "" }));
  return { path, parse, errors, figures, text };
}

describe("files measured by threads", () => {
  it("are measured as by one, in their order", async () => {
    const alone = await measureFiles(paths, setting({ threads: 1 }));
    const together = await measureFiles(paths, setting({ threads: 3 }));
    expect(together).toEqual(alone);
    expect(together.map(({ measure }) => measure.path)).toEqual(paths);
    expect(together.map(({ measure }) => measure.parse).slice(0, 6)).toEqual([
      "ok",
      "ok",
      "ok",
      "partial",
      "failed",
      "ok",
    ]);
  });

  it("are measured for their figures alone as with all else", async () => {
    const all = await measureFiles(paths, setting({ threads: 1 }));
    for (const threads of [1, 3]) {
      const figures = await measureFiles(paths, setting({ threads, depth: "figures" }));
      expect(figures.filter(({ fact, measure: { parse } }) => fact !== undefined && parse !== "failed")).toEqual([]);
      expect(figures.map(figuresOf)).toEqual(all.map(figuresOf));
    }
  });

  it("are not lost with the file that ends a thread, which is told as one that cannot be read", async () => {
    const program = join(cwd, "thread.mjs");
    writeFileSync(
      program,
      `import { parentPort } from "node:worker_threads";
       parentPort.on("message", (path) => {
         if (path === "add.c") throw new Error("out of bounds");
         if (path === "go.ts") process.exit(3);
         parentPort.postMessage({ measure: { path, parse: "ok", errors: [] }, text: undefined });
       });`,
    );
    const measured = await measureFiles(paths, setting({ threads: 2, program }));
    const lost = measured.filter(({ measure }) => measure.parse === "failed").map(({ measure }) => measure);
    expect(measured.map(({ measure }) => measure.path)).toEqual(paths);
    expect(lost.map(({ path, errors }) => [path, errors[0]?.message])).toEqual([
      ["add.c", "it ended the parser (out of bounds)"],
      ["go.ts", "it ended the parser (exit 3)"],
    ]);
  });

  it("are named when they are gone by then, by threads and without", async () => {
    // by threads only where they are many
    for (const [threads, there] of [
      [1, ["add.c"]],
      [2, paths],
    ] as const) {
      const measured = await measureFiles([...there, "gone.c"], setting({ threads }));
      expect(measured.at(-1)?.measure).toMatchObject({
        path: "gone.c",
        parse: "failed",
        errors: [{ message: "it cannot be opened (ENOENT)", line: 1 }],
      });
    }
  });

  it("need no thread where they are few", async () => {
    const program = join(cwd, "there-is-none.mjs");
    const [file] = await measureFiles(["add.c"], setting({ threads: 4, program }));
    expect(file?.measure.functions.map(({ complexity }) => complexity)).toEqual([3]);
  });
});
