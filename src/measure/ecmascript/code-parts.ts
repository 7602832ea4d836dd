const [DOUBLE, DOLLAR, SINGLE, OPENING_PAREN, CLOSING_PAREN] = [34, 36, 39, 40, 41] as const;
const [SLASH, LESS, CLOSING_BRACKET, BACKTICK] = [47, 60, 93, 96] as const;
const [OPENING_BRACE, CLOSING_BRACE] = [123, 125] as const;
/** Characters after which an operand follows, so that a slash begins a regular expression. */
const BEFORE_OPERAND = new Set(Array.from("(,=:[&|?;", (unit) => unit.charCodeAt(0)));
const OPERAND_ENDS = new Set<number>([CLOSING_PAREN, CLOSING_BRACKET, DOUBLE, SINGLE, BACKTICK]);
const WORD_UNIT = /[\w$\u0080-\uffff]/;
/** Words that an operand may follow, and those whose parentheses a statement follows. */
const WORD_BEFORE_OPERAND =
  /(?<![\w$])(?:return|case|default|do|else|in|instanceof|new|of|throw|typeof|void|delete|yield|await|extends|as|satisfies)$/;
const WORD_BEFORE_HEAD = /(?<![\w$])(?:if|while|for|await|with)$/;
const LONGEST_WORD = "instanceof".length;
const LINE_END = /[\n\r\u2028\u2029]/;
// Texts of more than a million characters are not told: of some more the engine for regular expressions has no memory to go back.
const LINE_COMMENT = /[^\n\r\u2028\u2029]*/y;
const STRING = {
  [DOUBLE]: /"(?:[^"\\\n\r]|\\(?:\r\n|[^])){0,1000000}"/y,
  [SINGLE]: /'(?:[^'\\\n\r]|\\(?:\r\n|[^])){0,1000000}'/y,
};
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{)){0,1000000}(?:`|\$(?=\{))/y;
const EXPRESSION =
  /\/(?:[^/\\[\n\r\u2028\u2029]|\\.|\[(?:[^\]\\\n\r\u2028\u2029]|\\.){0,1000000}\]){1,1000000}\/[\w$]*/y;
const SLASH_BEHIND = /[^/\n\r\u2028\u2029]*\//y;
/** What begins an escape in a name, a line for the shell, or a comment as in HTML, which is code in a module. */
const SPECIAL = /\\|#!|<!--|-->/y;
const CODES = 128;
const MAY_BEGIN = Uint8Array.from({ length: CODES }, (_, code) =>
  Number("\"'`/\\<#-(){}".includes(String.fromCharCode(code))),
);
const NONE = -1;

/** A character of code, or the whole of a comment or a text: a string, a part of a template, a regular expression. */
export interface CodePart {
  kind: "code" | "comment" | "text" | "unsure";
  /** Offset behind it. */
  end: number;
}

interface Reading {
  readonly text: string;
  readonly hasJsx: boolean;
  readonly part: CodePart;
  /** Of each brace that is open, whether it is a template's hole. */
  readonly holes: boolean[];
  /** Of each parenthesis that is open, whether a statement follows it; of the one closed last. */
  readonly heads: boolean[];
  isBehindHead: boolean;
  /** The last part that is no comment: its last character, and where it ends. */
  last: number;
  lastEnd: number;
  /** Where a brace opens a hole. */
  holeAt: number;
  inTemplate: boolean;
}

/**
 * Tells code of ECMAScript from comments and texts; the brackets of a template's holes are code. What it answers takes
 * the offset of each next part in turn, and gives the same object each time. It is never wrong where it was sure of all
 * before; it is not sure where a slash may divide or begin a regular expression, what was begun does not end, or an
 * element of JSX may begin, whose text is neither code nor string.
 */
export function codeParts(text: string, hasJsx: boolean): (at: number) => CodePart {
  const part: CodePart = { kind: "code", end: 0 };
  const before = { last: 0, lastEnd: 0, holeAt: NONE, inTemplate: false, isBehindHead: false };
  const reading: Reading = { text, hasJsx, part, holes: [], heads: [], ...before };
  return (at) => {
    const code = text.charCodeAt(at);
    readPart(reading, at, code);
    if (part.kind === "text" || (part.kind === "code" && !isBlank(code))) setLast(reading);
    return part;
  };
}

function readPart(reading: Reading, at: number, code: number): void {
  if (at === 0 && reading.text.startsWith("#!")) match(reading, "comment", LINE_COMMENT, at);
  else if (reading.inTemplate) readTemplate(reading, at);
  else if (code < CODES && MAY_BEGIN[code] === 1) readSign(reading, at, code);
  else is(reading.part, "code", at + 1);
}

function setLast(reading: Reading): void {
  const { text, part } = reading;
  reading.last = text.charCodeAt(part.end - 1);
  reading.lastEnd = part.end;
}

/** What may be more than a character of code. */
function readSign(reading: Reading, at: number, code: number): void {
  const { part, text } = reading;
  if (code === SLASH) return readSlash(reading, at);
  if (code === BACKTICK) return readTemplate(reading, at + 1);
  if (code === DOUBLE || code === SINGLE) return match(reading, "text", STRING[code], at);
  readBracket(reading, at, code);
  SPECIAL.lastIndex = at;
  is(part, SPECIAL.test(text) || mayBeElement(reading, at, code) ? "unsure" : "code", at + 1);
}

function is(part: CodePart, kind: CodePart["kind"], end: number): void {
  part.kind = kind;
  part.end = end;
}

function match({ text, part }: Reading, kind: CodePart["kind"], pattern: RegExp, at: number): void {
  pattern.lastIndex = at;
  if (pattern.test(text)) is(part, kind, pattern.lastIndex);
  else is(part, "unsure", at);
}

function readTemplate(reading: Reading, from: number): void {
  const { text, part } = reading;
  match(reading, "text", TEMPLATE, from);
  reading.inTemplate = false;
  reading.holeAt = text.charCodeAt(part.end - 1) === DOLLAR ? part.end : NONE;
}

/** A comment, a regular expression or a division. */
function readSlash(reading: Reading, at: number): void {
  const { text, part } = reading;
  if (text.startsWith("//", at)) return match(reading, "comment", LINE_COMMENT, at);
  if (text.startsWith("/*", at)) {
    const end = text.indexOf("*/", at + 2);
    return end === NONE ? is(part, "unsure", at) : is(part, "comment", end + 2);
  }
  if (BEFORE_OPERAND.has(reading.last)) return match(reading, "text", EXPRESSION, at);
  SLASH_BEHIND.lastIndex = at + 1;
  return is(part, SLASH_BEHIND.test(text) ? "unsure" : "code", at + 1); // what ends on its line may be either
}

function readBracket(reading: Reading, at: number, code: number): void {
  const { holes, heads } = reading;
  if (code === OPENING_BRACE) holes.push(at === reading.holeAt);
  else if (code === CLOSING_BRACE) reading.inTemplate = holes.pop() === true;
  else if (code === OPENING_PAREN) heads.push(WORD_BEFORE_HEAD.test(wordBefore(reading)));
  else if (code === CLOSING_PAREN) reading.isBehindHead = heads.pop() === true;
}

function wordBefore({ text, lastEnd }: Reading): string {
  return text.slice(Math.max(0, lastEnd - LONGEST_WORD - 1), lastEnd);
}

/** Where an operand may follow, or a statement: behind the end of a line as well, as a semicolon may be left out. */
function mayBeElement(reading: Reading, at: number, code: number): boolean {
  const { text, last, lastEnd, isBehindHead } = reading;
  if (code !== LESS || !reading.hasJsx) return false;
  if (LINE_END.test(text.slice(lastEnd, at)) || (last === CLOSING_PAREN && isBehindHead)) return true;
  if (OPERAND_ENDS.has(last)) return false;
  return !WORD_UNIT.test(String.fromCharCode(last)) || WORD_BEFORE_OPERAND.test(wordBefore(reading));
}

function isBlank(code: number): boolean {
  return code <= 32 || code === 0xa0 || code === 0x2028 || code === 0x2029 || code === 0xfeff;
}
