import { measureEcmaScript } from "./ecmascript.js";
import type { FileMeasure } from "./file-measure.js";
import { isEcmaScript, languageOf } from "./language.js";
import { splitLines } from "./line-table.js";

/**
 * Measures one file's text: its functions with complexity, length, parameters, documentation and token hash
 * (DESIGN §9). `path` is repository-relative and decides the language. Total: text that cannot be read gives
 * `parse: "failed"` and the reason; a file of another language has no functions and `language: null`.
 */
export function measureSource(path: string, text: string): FileMeasure {
  const language = languageOf(path);
  if (language !== undefined && isEcmaScript(language)) return measureEcmaScript(path, text, language);
  return unmeasured(path, text);
}

function unmeasured(path: string, text: string): FileMeasure {
  const lines = splitLines(text).length;
  return { path, language: null, lines, parse: "ok", errors: [], functions: [], suppressions: [], executable: [] };
}
