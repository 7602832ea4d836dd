/** Languages whose functions are measured (DESIGN §9). */
export type Language = "typescript" | "tsx" | "javascript" | "c" | "cpp" | "python" | "go" | "rust" | "java";

const BY_EXTENSION: ReadonlyMap<string, Language> = new Map([
  ["ts", "typescript"],
  ["mts", "typescript"],
  ["cts", "typescript"],
  ["tsx", "tsx"],
  ["js", "javascript"],
  ["jsx", "javascript"],
  ["mjs", "javascript"],
  ["cjs", "javascript"],
  ["c", "c"],
  ["h", "c"],
  ["cc", "cpp"],
  ["cpp", "cpp"],
  ["cxx", "cpp"],
  ["hh", "cpp"],
  ["hpp", "cpp"],
  ["hxx", "cpp"],
  ["c++", "cpp"],
  ["h++", "cpp"],
  ["inl", "cpp"],
  ["ipp", "cpp"],
  ["ixx", "cpp"],
  ["tcc", "cpp"],
  ["tpp", "cpp"],
  ["txx", "cpp"],
  ["cppm", "cpp"],
  ["py", "python"],
  ["pyi", "python"],
  ["pyw", "python"],
  ["go", "go"],
  ["rs", "rust"],
  ["java", "java"],
]);

const TEST_FOLDERS: ReadonlySet<string> = new Set(["test", "tests", "__tests__", "spec"]);
const TEST_FILE = /(?:\.(?:test|spec)\.[^./]+|^test_[^/]*\.(?:py|c|cc|cpp|cxx)|_test\.[^./]+)$/;

/** Tests of types alone, as tstyche, tsd and vitest name them. */
const TYPE_TEST_FILE = /\.(?:tst|test-d)\.[cm]?tsx?$/;

/** Programs that a script's first line names. Those that run TypeScript run JavaScript too, which is read the same way. */
const BY_PROGRAM: readonly (readonly [RegExp, Language])[] = [
  [/^(?:node|nodejs)$/, "javascript"],
  [/^(?:bun|deno|tsx|ts-node(?:-esm)?)$/, "typescript"],
  [/^(?:python|pypy)[\d.]*$/, "python"],
];

/** The line by which a system knows what runs a script. */
const HASHBANG = /^\ufeff?#!(.*)/;

/**
 * The language of a file by its extension, in any case; where that says nothing, by the program that the first line of
 * `text` names. Undefined when it is none that is measured.
 */
export function languageOf(path: string, text = ""): Language | undefined {
  return byExtension(path) ?? byFirstLine(text);
}

function byFirstLine(text: string): Language | undefined {
  const line = HASHBANG.exec(text)?.[1];
  return line === undefined ? undefined : byProgram(line);
}

function byExtension(path: string): Language | undefined {
  const dot = path.lastIndexOf(".");
  if (dot <= path.lastIndexOf("/")) return undefined;
  return BY_EXTENSION.get(path.slice(dot + 1).toLowerCase());
}

/** `/usr/bin/env -S node --flag` and `/opt/bin/python3.12` alike: the first word that is such a program. */
function byProgram(line: string): Language | undefined {
  for (const word of line.split(/\s+/)) {
    const name = word.slice(word.lastIndexOf("/") + 1);
    const found = BY_PROGRAM.find(([program]) => program.test(name));
    if (found !== undefined) return found[1];
  }
  return undefined;
}

/** The languages of files, before and after: those whose measures are asked for. */
export function languagesOf(
  files: Iterable<{ path: string; before: string | null; after: string; base?: string | null }>,
): Set<Language | undefined> {
  const languages = new Set<Language | undefined>();
  for (const { path, before, after, base } of files)
    for (const text of [before, after, base]) languages.add(languageOf(path, text ?? ""));
  return languages;
}

/** Whether the language is one of those read by oxc-parser. */
export function isEcmaScript(language: Language | undefined): boolean {
  return language === "typescript" || language === "tsx" || language === "javascript";
}

/**
 * Whether a repository-relative path is a test: below a `test`, `tests`, `__tests__` or `spec` folder, or named
 * `*.test.*`, `*.spec.*`, `*_test.*`, or in Python, C and C++ `test_*` (DESIGN §9).
 */
export function isTestFile(path: string): boolean {
  const segments = path.split("/");
  const name = segments.pop() ?? "";
  return segments.some((segment) => TEST_FOLDERS.has(segment)) || TEST_FILE.test(name);
}

/** Whether a file is a test, or one of types alone (`*.tst.ts`, `*.test-d.ts`), which may say what other files may not. */
export function isAnyTest(path: string): boolean {
  return isTestFile(path) || TYPE_TEST_FILE.test(path);
}

/** Whether a file is program text that coverage is asked of: a measured language and no test (DESIGN §9). */
export function isCodeFile(path: string, text = ""): boolean {
  return languageOf(path, text) !== undefined && !isTestFile(path);
}
