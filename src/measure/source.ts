import { ecmaScriptFigures, measureEcmaScript } from "./ecmascript/ecmascript.js";
import type { FileFigures, FileMeasure } from "./file-measure.js";
import { isEcmaScript, languageOf } from "./language.js";
import { splitLines } from "./line-table.js";
import { readWithRoom } from "./parser-stack.js";
import type { GrammarLanguage } from "./tree/grammar.js";
import { measureTree, treeFigures } from "./tree/tree-source.js";

/**
 * Measures one file's text: its functions with complexity, length, parameters, documentation and token hash
 * (DESIGN §9). `path` is repository-relative and decides the language, else the first line of a script. Text that cannot be read gives `parse: "failed"`
 * and the reason; a file of another language has no functions and `language: null`. Throws Fault GRAMMAR_NOT_LOADED
 * for a language whose grammar `loadGrammars` has not loaded: nobody takes that for a file without functions.
 */
export function measureSource(path: string, text: string): FileMeasure {
  const language = languageOf(path, text);
  if (language === undefined) return unmeasured(path, text);
  if (isEcmaScript(language)) return measureEcmaScript(path, text, language);
  const tree = language as GrammarLanguage;
  return readWithRoom({ path, text, language: tree }, () => measureTree(path, text, tree));
}

/**
 * `measureSource` without the hashes of the functions' tokens and the lines of statements, for who does not compare
 * functions or ask for coverage: half the work.
 */
export function measureFigures(path: string, text: string): FileFigures {
  const language = languageOf(path, text);
  if (language === undefined) return unmeasured(path, text);
  if (isEcmaScript(language)) return ecmaScriptFigures(path, text, language);
  const tree = language as GrammarLanguage;
  return readWithRoom({ path, text, language: tree }, () => treeFigures(path, text, tree));
}

function unmeasured(path: string, text: string): FileMeasure {
  const lines = splitLines(text).length;
  return { path, language: null, lines, parse: "ok", errors: [], functions: [], suppressions: [], executable: [] };
}
