import type { Comment } from "../comment.js";
import type { Span } from "../own-length.js";
import { COMMENT, HEADER, LITERAL, NUMBER, RAW } from "./c-lexis.js";
import { spanLook } from "./span-look.js";

/** A place of a text of C or C++ that a compiler reads otherwise than the parser did. */
export interface Misread {
  /** Offset in the text. */
  readonly offset: number;
  readonly message: string;
  /** Where what it hides ends, if that is not its line. */
  readonly end?: number;
}

interface Pieces {
  readonly blocks: Span[];
  readonly lines: Span[];
  /** Texts, characters and names of headers. */
  readonly literals: Span[];
}

const PLAIN = new RegExp(`${COMMENT}|${LITERAL}`, "g");
/** What few texts hold and all others need not be searched for: which they are, and what it is. */
const RARE = {
  header: /include_next|import|embed|__has_|include[ \t]{0,9}<[^>\n]{0,200}(?:["']|\/[/*])/,
  number: /\d'\w/,
  raw: /R"/,
};

const ESCAPED_END = /(?:\\[ \t\v\f]*\r?\n)+/g;
/** What a compiler puts together to one word or sign, where the end of the line between is escaped. */
const JOINED = /^(?:\w\w|R"|&&|\|\||\/[/*]|[<%:?][%:>?])$/;
/** The end of a line, escaped for compilers alone. */
const LOOSE_END = /\\[ \t\v\f]+\r?\n/;
/** To compilers that know trigraphs a backslash, and where a line ends so, it goes on. */
const TRIGRAPH = /\?\?\/([ \t\v\f]*\r?\n)?/g;

/**
 * Where compilers of C or C++ see other comments, literals and words than the parser did, in whose stead code may stand.
 * `comments`: the parser's, ascending. Each list ascends, too.
 */
export function misreadPlaces(text: string, language: "c" | "cpp", comments: readonly Comment[]): Misread[][] {
  const rare = rareIn(text, language);
  const pieces = piecesOf(text, rare.length === 0 ? PLAIN : scanOf(rare));
  return [
    notComments(text, comments, pieces),
    looseEnds(text, pieces),
    cuts(text, pieces),
    trigraphs(text, pieces),
    language === "c" && rare.includes(NUMBER) ? inOlderC(text, rare, comments) : [],
  ];
}

function rareIn(text: string, language: "c" | "cpp"): string[] {
  return [
    ...(RARE.header.test(text) ? [HEADER] : []),
    ...(RARE.number.test(text) ? [NUMBER] : []),
    ...(language === "cpp" && RARE.raw.test(text) ? [RAW] : []),
  ];
}

/** Until 2023 an apostrophe parted no digits of C; what it then began to hide on its own line was no program. */
function inOlderC(text: string, rare: readonly string[], comments: readonly Comment[]): Misread[] {
  const longer = comments.filter(({ value }) => value.includes("\n"));
  return notComments(text, longer, piecesOf(text, scanOf(rare.filter((piece) => piece !== NUMBER))));
}

function scanOf(pieces: readonly string[]): RegExp {
  return new RegExp([COMMENT, ...pieces, LITERAL].join("|"), "g");
}

function piecesOf(text: string, pattern: RegExp): Pieces {
  const pieces: Pieces = { blocks: [], lines: [], literals: [] };
  for (const { 0: piece, index: start } of text.matchAll(pattern)) {
    const span = { start, end: start + piece.length };
    if (piece.startsWith("/*")) pieces.blocks.push(span);
    else if (piece.startsWith("//")) pieces.lines.push(span);
    else if (!/^\d/.test(piece)) pieces.literals.push(span);
  }
  return pieces;
}

function notComments(text: string, comments: readonly Comment[], { blocks, lines }: Pieces): Misread[] {
  const starts = new Set([...blocks, ...lines].map(({ start }) => start));
  return comments
    .filter((one) => !starts.has(one.start) && !endsDirective(text, one))
    .map(({ start, end }) => ({ offset: start, end, message: "what looks like a comment is none for the compiler" }));
}

/** How far the beginning of a line and the end of the one before are looked for. */
const MAX_LINE_CHARS = 400;

/** Whether a comment ends on the line of a directive that it begins on: there is no code in its stead. */
function endsDirective(text: string, { start, value }: Comment): boolean {
  if (value.includes("\n")) return false;
  const before = `${start <= MAX_LINE_CHARS ? "\n" : ""}${text.slice(Math.max(0, start - MAX_LINE_CHARS), start)}`;
  const line = before.lastIndexOf("\n");
  const goesOn = line === -1 || before.slice(0, line).trimEnd().endsWith("\\");
  return !goesOn && /^[ \t]*(?:#|%:)/.test(before.slice(line + 1));
}

function looseEnds(text: string, { literals }: Pieces): Misread[] {
  return literals
    .filter(({ start, end }) => LOOSE_END.test(text.slice(start, end)))
    .map(({ start }) => ({ offset: start, message: "blanks behind a backslash do not end a text for the compiler" }));
}

/** Words and signs cut in two by the end of a line; not in comments and literals, nor right behind one. */
function cuts(text: string, pieces: Pieces): Misread[] {
  const found = [...text.matchAll(ESCAPED_END)].filter(({ 0: end, index }) =>
    JOINED.test(text.charAt(index - 1) + text.charAt(index + end.length)),
  );
  if (found.length === 0) return [];
  const looks = [pieces.blocks, pieces.lines, pieces.literals].map(spanLook);
  return found
    .filter(({ index }) => !looks.some((isWithin) => isWithin(index - 1) || isWithin(index)))
    .map(({ index }) => ({ offset: index, message: "a word or sign is cut in two by the end of a line" }));
}

/** In a block comment one does nothing, in another one it does at the end of the line. */
function trigraphs(text: string, { blocks, lines }: Pieces): Misread[] {
  if (!text.includes("??/")) return [];
  const found = [...text.matchAll(TRIGRAPH)];
  const [isInBlock, isInLine] = [spanLook(blocks), spanLook(lines)];
  return found
    .filter(({ index, 1: lineEnd }) => !isInBlock(index) && (!isInLine(index) || lineEnd !== undefined))
    .map(({ index }) => ({ offset: index, message: "to some compilers a trigraph is a backslash" }));
}
