import type { GrammarLanguage } from "./grammar.js";

/** A place where a compiler reads something else than the parser did. */
export interface HiddenCode {
  /** Offset in the text. */
  readonly offset: number;
  readonly message: string;
  /** The line it stands on. */
  readonly text: string;
}

interface Trick {
  readonly languages: readonly GrammarLanguage[];
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
    pattern: /\r(?!\r*\n|$)/g,
    message: "a carriage return without a line feed ends a line for the compiler",
  },
  {
    languages: ["c", "cpp"],
    pattern: /\*(?:(?:\\|\?\?\/)[ \t\v\f]*\r?\n)+\//g,
    message: "the end of a comment is cut in two by the end of a line",
  },
  {
    languages: ["java"],
    pattern: /(?<!\\)(?:\\\\)*\\u+00(?:0a|0d|22|27|2a|2f|5c)/gi,
    message: "a line end, quote, backslash, asterisk or slash is written by its number",
  },
];

/** A comment of the first two lines that says how Python is to decode the file. */
const PYTHON_CODING = /^(?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)/;
/** Encodings in which what is ASCII here is the same to Python. */
const PLAIN_CODING =
  /^(?:utf-?8|u8|(?:us-)?ascii|latin-?\d+|l1|iso-?8859-\d+|(?:cp|windows-)125\d|koi8-[ru])(?:-(?:unix|dos|mac|sig))?$/;

/** Places in a text where code may hide from the parser, in order of the rules that tell them. */
export function hiddenCode(text: string, language: GrammarLanguage): HiddenCode[] {
  const found = TRICKS.filter(({ languages }) => languages.includes(language)).flatMap(({ pattern, message }) =>
    [...text.matchAll(pattern)].map(({ index }) => ({ offset: index, message, text: lineOf(text, index) })),
  );
  const coding = language === "python" ? PYTHON_CODING.exec(text)?.[1] : undefined;
  if (coding === undefined || PLAIN_CODING.test(coding.toLowerCase().replaceAll("_", "-"))) return found;
  return [
    ...found,
    { offset: 0, message: `Python would decode the file as ${coding}, and read other code`, text: coding },
  ];
}

function lineOf(text: string, offset: number): string {
  const end = text.indexOf("\n", offset);
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, end === -1 ? text.length : end);
}
