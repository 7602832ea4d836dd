import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { MAX_COMPLEXITY, MAX_FUNCTION_LINES } from "../src/kernel/bounds.js";
import { measureSource } from "../src/measure/source.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Folders of `src/` from the inside out: a folder imports only from itself and from those before it (DESIGN §4). */
const LAYERS =
  "kernel schema store capability measure plan gate dispatch effect model memory turn crew trigger cluster surface".split(
    " ",
  );
/** Further than the order: what a folder must not know although it stands above it. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  measure: ["store", "capability"],
  plan: ["store"],
  effect: ["plan", "store"],
};
/** The one thing of such a folder that it may know all the same: the kernel's locks, which hold nothing of the log. */
const ALLOWED: Readonly<Record<string, string>> = { effect: "store/os-lock.js" };
/** Packages and built-ins that one folder alone may import, and the few files that may besides. */
const SOLE_IMPORTERS: Readonly<Record<string, { folder: string; also?: readonly string[] }>> = {
  "better-sqlite3": { folder: "store" },
  // the parser, which may end its process, is tried in another one
  "node:child_process": { folder: "effect", also: ["surface/cli/demo/child.ts", "measure/ecmascript/parser-probe.ts"] },
  "@anthropic-ai/sdk": { folder: "model" },
  commander: { folder: "surface" },
};
const MAX_FILE_LINES = 300;
const BANNED_NAMES = /(^|-)(utils?|helpers?|manager|base|misc|common)(-|\.ts$)/;
const BANNED_WORDS =
  /\b(TODO|FIXME|XXX|HACK|eslint-disable|oxlint-disable|@ts-ignore|@ts-expect-error|@ts-nocheck)\b|\bas any\b/;

interface Source {
  /** Relative to `src/`, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly folder: string;
  readonly imports: readonly string[];
}

function listFiles(directory: string): string[] {
  const entries = readdirSync(join(ROOT, directory), { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function readSources(): Source[] {
  const paths = listFiles("src").filter((path) => path.endsWith(".ts"));
  return paths.map((absolute) => {
    const path = absolute.slice(join(ROOT, "src").length + 1).replaceAll("\\", "/");
    const text = readFileSync(absolute, "utf8");
    const folder = path.includes("/") ? (path.split("/")[0] ?? "") : "";
    return { path, text, folder, imports: importsOf(text) };
  });
}

function importsOf(text: string): string[] {
  const statements = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s+["']([^"']+)["']/g,
  );
  return [...statements].map((hit) => hit[1] ?? hit[2] ?? hit[3] ?? "");
}

/** Folder of `src/` that a relative import leads to; undefined for packages and files of the top level. */
function targetOf(source: Source, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const target = posix.normalize(posix.join(posix.dirname(source.path), specifier));
  return target.includes("/") ? target.split("/")[0] : undefined;
}

const sources = readSources();

test("there are sources to check, in every folder that is said to hold them", () => {
  expect(sources.length).toBeGreaterThan(100);
  for (const folder of ["kernel", "schema", "store", "gate", "effect", "model", "crew", "surface"]) {
    expect(sources.filter((source) => source.folder === folder).length, folder).toBeGreaterThan(0);
  }
  expect(sources.flatMap((source) => source.imports).length).toBeGreaterThan(200);
});

test("a folder imports only from itself and from the folders before it", () => {
  const wrong = sources.flatMap((source) => {
    const place = LAYERS.indexOf(source.folder);
    if (source.folder === "") return [];
    if (place < 0) return [`${source.path}: '${source.folder}' is not in the list of folders`];
    const targets = source.imports
      .map((specifier) => targetOf(source, specifier))
      .filter((folder) => folder !== undefined);
    const outside = targets.filter((folder) => LAYERS.indexOf(folder) > place || LAYERS.indexOf(folder) < 0);
    return outside.map((folder) => `${source.path} imports from ${folder}`);
  });
  expect(wrong).toEqual([]);
});

test("a folder does not know what its purpose forbids it to know", () => {
  const wrong = sources.flatMap((source) =>
    source.imports
      .filter((specifier) => posix.join(posix.dirname(source.path), specifier) !== ALLOWED[source.folder])
      .map((specifier) => targetOf(source, specifier))
      .filter((folder) => folder !== undefined && FORBIDDEN[source.folder]?.includes(folder))
      .map((folder) => `${source.path} imports from ${folder}`),
  );
  expect(wrong).toEqual([]);
});

test("the kernel imports nothing but Node's own modules", () => {
  const kernel = sources.filter((source) => source.folder === "kernel");
  const foreign = kernel.flatMap((source) =>
    source.imports.filter((each) => !each.startsWith("./") && !each.startsWith("node:")),
  );
  expect(foreign).toEqual([]);
});

test.each(Object.entries(SOLE_IMPORTERS))("%s has one folder that imports it", (name, { folder, also = [] }) => {
  const importers = sources.filter((source) =>
    source.imports.some((each) => each === name || each.startsWith(`${name}/`)),
  );
  expect(importers.length, `nobody imports ${name}: the rule checks nothing`).toBeGreaterThan(0);
  const wrong = importers
    .filter((source) => source.folder !== folder && !also.includes(source.path))
    .map(({ path }) => path);
  expect(wrong).toEqual([]);
});

/** What a call touches lies behind dispatch: each of these has the importers named here and no other. */
const BEHIND_DISPATCH: Readonly<Record<string, readonly string[]>> = {
  "dispatch/dispatch": [
    "crew/call/carry-out",
    "crew/call/command-call",
    "crew/call/local-dispatch",
    "crew/call/write-call",
  ],
  "crew/call/local-dispatch": ["crew/call/call", "crew/call/steward", "crew/cycle/summary", "crew/service/outside"],
  "crew/call/carry-out": ["crew/call/call"],
  "crew/call/command-call": ["crew/call/carry-out"],
  "crew/call/write-call": ["crew/call/carry-out", "crew/call/command-call"],
  "effect/tool/command-tool": ["crew/call/command-call"],
  "effect/tool/glob-tool": ["crew/call/carry-out"],
  "effect/tool/grep-tool": ["crew/call/carry-out"],
};

test.each(Object.entries(BEHIND_DISPATCH))(
  "%s is reached on the one way from call to effect alone",
  (name, allowed) => {
    const importers = sources.filter(
      ({ path, imports, folder }) =>
        folder !== "effect" &&
        imports.some((each) => each.startsWith(".") && posix.join(posix.dirname(path), each) === `${name}.js`),
    );
    expect(importers.map(({ path }) => path.replace(/\.ts$/, "")).toSorted()).toEqual(allowed);
  },
);

test("no module is reached by require", () => {
  const wrong = sources.filter((source) => /\bcreateRequire\b/.test(source.text)).map(({ path }) => path);
  expect(wrong.filter((path) => !MAY_RESOLVE.has(path))).toEqual([]);
});

/**
 * These look up where a package lies, or hand that on; the driver's path spares its loader's search at every start, and the
 * parser's parts are only wanted by whoever measures much.
 */
const MAY_RESOLVE = new Set([
  "measure/ecmascript/oxc-part.ts",
  "main.ts",
  "surface/check/single/program.ts",
  "store/driver.ts",
  "store/connection.ts",
  "surface/cli/demo/repository.ts",
]);

test("each decision record has a number of its own, and names it in its heading", () => {
  const folder = join(ROOT, "docs", "adr");
  const records = readdirSync(folder).filter((name) => /^\d{4}-/.test(name));
  const numbers = records.map((name) => Number(name.slice(0, 4)));
  expect(records.length).toBeGreaterThan(10);
  expect(new Set(numbers).size).toBe(records.length);
  for (const name of records)
    expect(readFileSync(join(folder, name), "utf8")).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. `));
});

test("files are nouns in kebab-case and say what they hold", () => {
  const wrong = sources
    .map(({ path }) => path.split("/").at(-1) ?? "")
    .filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name) || BANNED_NAMES.test(name));
  expect(wrong).toEqual([]);
});

test("what a verb prints as JSON is written by visibleJson, which lets nothing steer a terminal", () => {
  const verbs = sources.filter(({ path }) => path.startsWith("surface/cli/") && path !== "surface/cli/mcp.ts"); // a protocol
  expect(verbs.length).toBeGreaterThan(0);
  const wrong = verbs.filter(({ text }) => /(?:writeLine|out\.write)\([^;]*JSON\.stringify/.test(text));
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test("no file is longer than 300 lines", () => {
  const wrong = sources.filter(({ text }) => text.split("\n").length - 1 > MAX_FILE_LINES).map(({ path }) => path);
  expect(wrong).toEqual([]);
});

test("nothing is left for later and no rule is switched off", () => {
  const wrong = sources
    .filter(({ path }) => !path.startsWith("measure/"))
    .flatMap(({ path, text }) => {
      const hit = BANNED_WORDS.exec(text);
      return hit === null ? [] : [`${path}: ${hit[0]}`];
    });
  expect(wrong).toEqual([]);
});

test("only named exports, and no barrel but index.ts", () => {
  const wrong = sources.filter(
    ({ path, text }) => /^export default\b/m.test(text) || (path !== "index.ts" && /^export \* from\b/m.test(text)),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test("only errors inherit", () => {
  const heirs = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/\bclass\s+(\w+)\s+extends\s+(\w+)/g)].map((hit) => ({ path, base: hit[2] ?? "" })),
  );
  expect(heirs.length).toBeGreaterThan(0);
  expect(heirs.filter(({ base }) => !/^(Error|Fault)$/.test(base))).toEqual([]);
});

describe("measured by our own measure", () => {
  const measures = sources.map(({ path, text }) => measureSource(`src/${path}`, text));
  const functions = measures.flatMap((measure) => measure.functions);

  test("every file parses and functions are found", () => {
    expect(measures.filter((measure) => measure.parse !== "ok").map(({ path }) => path)).toEqual([]);
    expect(functions.length).toBeGreaterThan(500);
  });

  test("no function has a complexity above 8", () => {
    const wrong = functions.filter((each) => each.complexity > MAX_COMPLEXITY);
    expect(wrong.map((each) => `${each.file}:${each.line} ${each.qualified_name} ${each.complexity}`)).toEqual([]);
  });

  test("no function has more than 60 lines", () => {
    const wrong = functions.filter((each) => each.length > MAX_FUNCTION_LINES);
    expect(wrong.map((each) => `${each.file}:${each.line} ${each.qualified_name} ${each.length}`)).toEqual([]);
  });

  test("no function has more than 4 parameters", () => {
    const wrong = functions.filter((each) => each.parameters > 4);
    expect(wrong.map((each) => `${each.file}:${each.line} ${each.qualified_name} ${each.parameters}`)).toEqual([]);
  });

  test("no comment switches a check off", () => {
    expect(measures.flatMap((measure) => measure.suppressions)).toEqual([]);
  });
});

test("every exported function and type says what it is", () => {
  const wrong = sources.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    return lines.flatMap((line, index) => {
      const name = /^export (?:async )?(?:abstract )?(?:function\*?|interface|class)\s+(\w+)/.exec(line)?.[1];
      if (name === undefined || /\*\/\s*$/.test(lines[index - 1] ?? "")) return [];
      return [`${path}:${index + 1} ${name}`];
    });
  });
  expect(wrong).toEqual([]);
});
