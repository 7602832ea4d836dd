import { mayNestDeeply } from "./nesting.js";
import { survivesParsing } from "./parser-probe.js";

/** The parser compares each import with each other: a second of processor time for some 30,000. */
const MAX_IMPORTS = 20_000;
/** Characters of a text times those of its longest line, beyond which errors of it may take 2 GiB. */
const MAX_CHARS_OF_ERRORS = 2 ** 29;

/** A text that is to be parsed, what it may hold, and how it is parsed: options of `parseSync`, each in turn. */
export interface ParserInput {
  readonly path: string;
  readonly text: string;
  readonly hasJsx: boolean;
  readonly attempts: readonly object[];
}

/** What was asked last, as a text is looked at more than once. */
let asked: { path: string; text: string; danger: string | undefined } | undefined;

/**
 * Why a text must not be given to the parser, as that would end the process or take all its memory; undefined where
 * it may. What cannot be told by its look is tried in another process.
 */
export function dangerOf(input: ParserInput): string | undefined {
  if (asked?.path !== input.path || asked.text !== input.text)
    asked = { path: input.path, text: input.text, danger: lookFor(input) };
  return asked.danger;
}

function lookFor({ path, text, hasJsx, attempts }: ParserInput): string | undefined {
  if (mentions(text, "import", MAX_IMPORTS) > MAX_IMPORTS) return "it has too many imports to be parsed safely";
  if (mayNestDeeply(text, hasJsx))
    return survivesParsing(path, text, attempts) ? undefined : "nested too deeply to be parsed safely";
  if (!mayFlood(text) || survivesParsing(path, text, attempts)) return undefined;
  return "its lines are too long for their errors to be told safely";
}

/** Whether a text's errors, if it has many, may be longer than all the memory there is: each repeats its line. */
export function mayFlood(text: string): boolean {
  return text.length * longestLine(text) > MAX_CHARS_OF_ERRORS;
}

/** How often a text has a word, in longer words as well; no further than one above `most`. */
export function mentions(text: string, word: string, most: number): number {
  let found = 0;
  for (let at = text.indexOf(word); at !== -1 && found <= most; at = text.indexOf(word, at + word.length)) found += 1;
  return found;
}

function longestLine(text: string): number {
  let longest = 0;
  for (let from = 0; from <= text.length; ) {
    const end = text.indexOf("\n", from);
    const to = end === -1 ? text.length : end;
    longest = Math.max(longest, to - from);
    from = to + 1;
  }
  return longest;
}
