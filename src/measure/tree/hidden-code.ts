import type { Comment } from "../comment.js";
import type { GrammarLanguage } from "./grammar.js";
import { type Misread, misreadPlaces } from "./hidden-in-c.js";

/** A place where a compiler reads something else than the parser did. */
export interface HiddenCode extends Misread {
  /** The line it stands on, and all that it hides. */
  readonly text: string;
}

interface Trick {
  readonly languages: readonly GrammarLanguage[];
  /** What stands in every such place: few texts hold it, and all others need not be searched. */
  readonly sign: string;
  readonly pattern: RegExp;
  readonly message: string;
}

/**
 * What ends a comment or a text for the compiler and not for the parser: code behind it would be measured by nobody. Line
 * ends of one carriage return; a comment's end that a line end cuts in two; characters written by their numbers.
 */
const TRICKS: readonly Trick[] = [
  {
    languages: ["c", "cpp", "java", "python"],
    sign: "\r",
    pattern: /(?<!\r)\r+(?!\r|\n)(?!$)|(?<!\r)\r{2,}$/g,
    message: "a carriage return without a line feed ends a line for the compiler",
  },
  {
    languages: ["c", "cpp"],
    sign: "*",
    pattern: /\*(?:(?:\\|\?\?\/)[ \t\v\f]*\r?\n)+\//g,
    message: "the end of a comment is cut in two by the end of a line",
  },
  {
    languages: ["c", "cpp"],
    sign: "\0",
    pattern: /\0/g,
    message: "a NUL, which compilers take for nothing or a blank",
  },
  {
    languages: ["c"],
    sign: 'R"',
    pattern: /(?<!\w)(?:u8|[uUL])?R"[^()\\\s"]{0,16}\(/g,
    message: "to some compilers of C a text without escapes begins here",
  },
  {
    languages: ["java"],
    sign: "\\u",
    pattern: /(?<!\\)(?:\\\\)*\\u+00(?:0a|0d|22|27|2a|2f|5c)/gi,
    message: "a line end, quote, backslash, asterisk or slash is written by its number",
  },
];

/** A comment of the first two lines that says how Python is to decode the file. */
const PYTHON_CODING = /^(?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)/;
/** Encodings in which what is ASCII here is the same to Python. */
const PLAIN_CODING =
  /^(?:utf-?8|u8|(?:us-)?ascii|latin-?\d+|l1|iso-?8859-\d+|(?:cp|windows-)125\d|koi8-[ru])(?:-(?:unix|dos|mac|sig))?$/;

/**
 * Places in a text where code may hide from the parser, in order of the rules that tell them, of each the first of a line.
 * `comments`: those the parser found, ascending.
 */
export function hiddenCode(text: string, language: GrammarLanguage, comments: readonly Comment[]): HiddenCode[] {
  const found = misread(text, language, comments).flatMap((places) => oneALine(text, places));
  const coding = language === "python" ? PYTHON_CODING.exec(text)?.[1] : undefined;
  if (coding === undefined || PLAIN_CODING.test(coding.toLowerCase().replaceAll("_", "-"))) return found;
  return [
    ...found,
    { offset: 0, message: `Python would decode the file as ${coding}, and read other code`, text: coding },
  ];
}

/** By what tells them: lists that ascend. */
function misread(text: string, language: GrammarLanguage, comments: readonly Comment[]): Misread[][] {
  const possible = TRICKS.filter(({ languages, sign }) => languages.includes(language) && text.includes(sign));
  const tricks = possible.map(({ pattern, message }) =>
    [...text.matchAll(pattern)].map(({ index }) => ({ offset: index, message })),
  );
  return language === "c" || language === "cpp" ? [...tricks, ...misreadPlaces(text, language, comments)] : tricks;
}

/** The first of each line, with the line: a million of them on one line of as many characters are one. */
function oneALine(text: string, places: readonly Misread[]): HiddenCode[] {
  const found: HiddenCode[] = [];
  let done = -1;
  for (const place of places) {
    if (place.offset <= done) continue;
    const end = text.indexOf("\n", place.offset);
    done = end === -1 ? text.length : end;
    const start = text.lastIndexOf("\n", place.offset - 1) + 1;
    found.push({ ...place, text: text.slice(start, Math.max(done, place.end ?? 0)) });
  }
  return found;
}
