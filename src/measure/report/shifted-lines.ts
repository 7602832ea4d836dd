import { isEcmaScript, type Language, languageOf } from "../language.js";
import { isCFamily } from "../power-of-ten/rule.js";

/** A line end for the measures, and for some of the tools that count lines. */
const ODD_LINE_END = /\r(?!\n)|[\u2028\u2029]/;
/**
 * What names the source map of a file, or another file as the source, wherever it stands: tools look for it in strings too.
 * Code that only makes one goes on with a quote, a placeholder or a group.
 */
const SOURCE_MAP = /[#@]\s*source(?:Mapping)?URL\s*=[^\S\n]*[^\s"'`$(\\[].*/;
/** The same as a comment, in which a placeholder is a name as any other if it ends the line (the group is there then). */
const SOURCE_COMMENT = /\/[/*][#@]\s*source(?:Mapping)?URL\s*=[^\S\n]*[^\s"'`]+[^\S\n]*(?:((?:\*\/[^\S\n]*)?$)|)/gm;
/** A line of C that goes on in the next one. */
const SPLICE = /(?:\\|\?\?\/)[^\S\n]*\n/g;
/** What tells a C compiler another line and file than those it reads, or hides behind a comment which directive it is. */
const C_LINE = /(?:^|\*\/)[^\S\n]*(?:#|%:|\?\?=)[^\S\n]*(?:line\b|\d+[^\S\n]*(?:"|$|\/[/*])|\/\*).*/m;
/** The same for Go's. */
const GO_LINE = /^\/\/line .*|\/\*line .*/m;

/**
 * Why the lines a coverage tool names are not those of the file that is judged; undefined where they are. A line end that not
 * all tools count moves all figures behind it; so does what sends a tool to another line or file, whoever wrote it: an agent
 * that may not write there may write what it leads to. Takes time in proportion to the text.
 */
export function shiftedLines(path: string, text: string): string | undefined {
  if (ODD_LINE_END.test(text))
    return "it has a line end that not all tools count (a lone carriage return, U+2028 or U+2029), so that the report may be about other lines; write \\n, or an escape in a string";
  const found = directiveIn(text, languageOf(path, text));
  if (found === undefined) return undefined;
  return `it names other lines for its own ('${found.trim().slice(0, MAX_SHOWN_CHARS)}'), so that the report is not about what is written; take that out`;
}

/** Characters of a directive that are shown: one may hold a whole source map. */
const MAX_SHOWN_CHARS = 60;

function directiveIn(text: string, language: Language | undefined): string | undefined {
  if (language === "go") return GO_LINE.exec(text)?.[0];
  if (isCFamily(language)) return C_LINE.exec(text.replace(SPLICE, ""))?.[0];
  return isEcmaScript(language) ? sourceNamed(text) : undefined;
}

function sourceNamed(text: string): string | undefined {
  const named = SOURCE_MAP.exec(text);
  if (named !== null) return named[0];
  for (const [comment, end] of text.matchAll(SOURCE_COMMENT)) if (end !== undefined) return comment;
  return undefined;
}
