import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import type { Plugin } from "vitest/config";

const TESTS = import.meta.dirname;
const ROOT = join(TESTS, "..");
/** Inside the package, as the sources look for what is shipped with it above themselves. */
const BUNDLES = join(ROOT, "node_modules", ".test-sources");
/** Longer than any run takes. */
const STALE_MS = 86_400_000;
/** An import of a source from a test, static or not. */
const IMPORTED = /"((?:\.\.\/)+src\/[\w./-]+)\.[jt]s"/g;
/** Packages that load files of their own by where they lie. */
const OUTSIDE = ["better-sqlite3", "oxc-parser", "web-tree-sitter", "pino"];
/** Packages that are no modules load what comes with Node by `require`. */
const REQUIRE =
  'import { createRequire as requireFrom } from "node:module";\nconst require = requireFrom(import.meta.url);';

/** Sources that a test's file names, from the package's root. */
function importedBy(file: string): string[] {
  const names = [...readFileSync(file, "utf8").matchAll(IMPORTED)].map(([, name]) => `${name}.ts`);
  return names.map((name) => join(dirname(file), name)).filter((path) => existsSync(path));
}

const nameOf = (source: string): string => relative(ROOT, source).replaceAll("/", ".").replace(/\.ts$/, "");

/** Tests of these folders and files, and what tests share, wherever it lies. */
function testsIn(places: readonly string[]): string[] {
  const all = readdirSync(TESTS, { recursive: true, encoding: "utf8" });
  const within = (path: string): boolean => places.some((place) => path === place || path.startsWith(`${place}/`));
  return all
    .filter((path) => path.endsWith(".ts") && (within(path) || !path.endsWith(".test.ts")))
    .map((path) => join(TESTS, path));
}

/** Takes away what runs left that were killed. */
function sweep(): void {
  for (const name of readdirSync(BUNDLES)) {
    const path = join(BUNDLES, name);
    if (Date.now() - statSync(path).mtimeMs > STALE_MS) rmSync(path, { recursive: true, force: true });
  }
}

async function bundle(places: readonly string[]): Promise<string> {
  mkdirSync(BUNDLES, { recursive: true });
  sweep();
  const outdir = mkdtempSync(join(BUNDLES, "run-"));
  process.on("exit", () => rmSync(outdir, { recursive: true, force: true }));
  const sources = new Set(testsIn(places).flatMap(importedBy));
  await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries([...sources].map((source) => [nameOf(source), source])),
    outdir,
    bundle: true,
    splitting: true,
    external: OUTSIDE,
    format: "esm",
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    banner: { js: REQUIRE },
    platform: "node",
    target: "node20.19",
    logLevel: "error",
  });
  return outdir;
}

/**
 * Has tests of some folders and files of test/ import the sources in bundles, made once for a run that needs them: a process that
 * loads seven hundred modules one by one takes seconds, and is twice as large to copy for each program it starts. Every
 * source a test names has its entry, and all share one copy of each module. One without is refused: it would be a second copy.
 */
export function bundledSources(places: readonly string[]): Plugin {
  const sources = `${join(ROOT, "src")}/`;
  let bundles: Promise<string> | undefined;
  return {
    name: "bundled-sources",
    enforce: "pre",
    async resolveId(id, importer) {
      if (importer === undefined || !/^\.\.?\//.test(id)) return null;
      const source = join(dirname(importer), id).replace(/\.js$/, ".ts");
      if (!source.startsWith(sources)) return null;
      bundles ??= bundle(places);
      const path = join(await bundles, `${nameOf(source)}.mjs`);
      if (!existsSync(path)) throw new Error(`${source} is in no bundle: name it in an import by "../src/…"`);
      return { id: path, external: true };
    },
  };
}
