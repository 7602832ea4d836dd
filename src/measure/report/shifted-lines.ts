import { isEcmaScript, type Language, languageOf } from "../language.js";
import { isCFamily } from "../power-of-ten/rule.js";

/** A line end for the measures, and for some of the tools that count lines. */
const ODD_LINE_END = /\r(?!\n)|[\u2028\u2029]/;
/** What names the source map of a file, wherever it stands: tools look for it in strings too. Code that only makes one goes on with a quote or a placeholder. */
const SOURCE_MAP = /[#@]\s*sourceMappingURL\s*=\s*[^\s"'`$(\\[]+/g;
/** What tells a C compiler another line and file than those it reads. */
const C_LINE = /^[^\S\n]*(?:#|%:|\?\?=)(?:[^\S\n]|\/\*.*?\*\/)*(?:line\b|\d).*/gm;
/** The same for Go's. */
const GO_LINE = /^\/\/line .*|\/\*line .*/gm;

/**
 * Why the lines a coverage tool names are not those of the file that is judged; undefined where they are. A line end that not
 * all tools count moves all figures behind it; so does what sends a tool to another line or file, where the change brings it.
 */
export function shiftedLines(path: string, before: string | null, after: string): string | undefined {
  if (ODD_LINE_END.test(after))
    return "it has a line end that not all tools count (a lone carriage return, U+2028 or U+2029), so that the report may be about other lines; write \\n, or an escape in a string";
  const pattern = directiveOf(languageOf(path, after));
  if (pattern === undefined) return undefined;
  const known = new Set(before?.match(pattern) ?? []);
  const found = after.match(pattern)?.find((text) => !known.has(text));
  if (found === undefined) return undefined;
  return `it names other lines for its own ('${found.trim().slice(0, MAX_SHOWN_CHARS)}'), so that the report is not about what is written; take that out`;
}

/** Characters of a directive that are shown: one may hold a whole source map. */
const MAX_SHOWN_CHARS = 60;

function directiveOf(language: Language | undefined): RegExp | undefined {
  if (language === "go") return GO_LINE;
  if (isCFamily(language)) return C_LINE;
  return isEcmaScript(language) ? SOURCE_MAP : undefined;
}
