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
  ["py", "python"],
  ["go", "go"],
  ["rs", "rust"],
  ["java", "java"],
]);

const TEST_FOLDERS: ReadonlySet<string> = new Set(["test", "tests", "__tests__", "spec"]);
const TEST_FILE = /(?:\.(?:test|spec)\.[^./]+|^test_[^/]*\.(?:py|c|cc|cpp|cxx)|_test\.[^./]+)$/;

/** The language of a file by its extension, in any case; undefined when it is none that is measured. */
export function languageOf(path: string): Language | undefined {
  const dot = path.lastIndexOf(".");
  if (dot <= path.lastIndexOf("/")) return undefined;
  return BY_EXTENSION.get(path.slice(dot + 1).toLowerCase());
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

/** Whether a path is program text that coverage is asked of: a measured language and no test (DESIGN §9). */
export function isCodeFile(path: string): boolean {
  return languageOf(path) !== undefined && !isTestFile(path);
}
