import { type CodePart, codeParts } from "./code-parts.js";

/** Brackets open at once, beyond which text is not given to a parser unseen. */
const MAX_OPEN_BRACKETS = 1_000;
/** Tokens that may nest in each other without brackets, as in `a => a => a` or `if (a) if (b)`. */
const MAX_CHAINED_TOKENS = 5_000;

const [COMMA, SEMICOLON, LESS, CLOSING_BRACE] = [44, 59, 60, 125] as const;
/** What after a closing brace starts a new statement or member, and after a semicolon does not. */
const NEXT_STATEMENT =
  /(?!(?:else|catch|finally|while|in|of|instanceof|as|satisfies|extends|implements|is|from)\b)[\w$@#"']/y;
const ELSE = /else\b/y;
const ASCII = 128;
const [BLANK, WORD, OPERATOR, SEPARATOR, OPENING, CLOSING, TEXT] = [0, 1, 2, 3, 4, 5, 6] as const;
const NONE = 0;
const KINDS = Uint8Array.from({ length: ASCII }, (_, code) => kindOf(String.fromCharCode(code)));

function kindOf(unit: string): number {
  if (/[\w$]/.test(unit)) return WORD;
  if ("!~+-=?:<>.&|^%*/`".includes(unit)) return OPERATOR;
  if (";,".includes(unit)) return SEPARATOR;
  if (")]}".includes(unit)) return CLOSING;
  return "([{".includes(unit) ? OPENING : BLANK;
}

/** For each open bracket: tokens since the last separator, and whether a list of type arguments may have begun since. */
interface Nesting {
  readonly chains: Uint32Array;
  readonly lists: Uint8Array;
  depth: number;
  /** Tokens of all chains. */
  chained: number;
  /** The first character of the last token; 0 for a text's. */
  last: number;
}

/**
 * Whether text may nest so deeply that a recursive parser would overflow its stack, which ends the whole process: a
 * worker's of 4 MB does at 2,252 classes in each other, 2,837 functions, 7,123 arrows and 10,350 tokens of type arguments
 * (oxc-parser, measured; the main thread's holds twice as much). False is sure: separators and closing brackets count
 * where they are code beyond doubt, so that none in a comment can stand for one that is not there. True may be said of
 * text that is only long.
 */
export function mayNestDeeply(text: string, hasJsx: boolean): boolean {
  return text.length >= MAX_OPEN_BRACKETS && hasAsMany(text) && isNested(text, hasJsx);
}

function isNested(text: string, hasJsx: boolean): boolean {
  const nesting = createNesting();
  const partAt = codeParts(text, hasJsx);
  let before: number = BLANK;
  for (let at = 0; at < text.length; ) {
    const part = partAt(at);
    const kind = kindOfPart(part.kind, text.charCodeAt(at));
    if (kind !== BLANK && (kind !== WORD || before !== WORD)) take(nesting, kind, text, at);
    if (part.kind === "unsure" || isTooDeep(nesting)) return true;
    before = kind;
    at = part.end;
  }
  return false;
}

function createNesting(): Nesting {
  const size = MAX_OPEN_BRACKETS + 1;
  return { chains: new Uint32Array(size), lists: new Uint8Array(size), depth: 0, chained: 0, last: NONE };
}

function kindOfPart(part: CodePart["kind"], code: number): number {
  if (part !== "code") return part === "text" ? TEXT : BLANK;
  return code < ASCII ? (KINDS[code] as number) : WORD;
}

/** Bytes that are counted at a time: as many tokens as brackets fit the halves of a number of 32 bits. */
const COUNTED_BYTES = 2 ** 14;
const PAIRS_OF_BYTES = 2 ** 16;
const encoder = new TextEncoder();
let hasAsMany = (text: string): boolean => {
  hasAsMany = counter(pairTable()); // made by the first text that is measured
  return hasAsMany(text);
};

/** Where brackets start in a number of tokens and brackets. */
const BRACKETS = 16;
const TOKENS = 2 ** BRACKETS - 1;

/**
 * Of two bytes: tokens in them, brackets in the upper half; in the last two bits, whether the first and the last is of a
 * word. The loop over them says numbers: a constant of the module is read anew at each turn.
 */
function pairTable(): Int32Array {
  const table = new Int32Array(PAIRS_OF_BYTES);
  const pair = new Uint16Array(1);
  const bytes = new Uint8Array(pair.buffer);
  for (let value = 0; value < PAIRS_OF_BYTES; value += 1) {
    pair[0] = value;
    const [first, second] = [KINDS[bytes[0] as number] ?? WORD, KINDS[bytes[1] as number] ?? WORD];
    const [starts, ends] = [Number(first === WORD), Number(second === WORD)];
    const words = starts + (ends & ~starts);
    table[value] = (words + signs(first) + signs(second)) | (starts << 30) | (ends << 31);
  }
  return table;
}

function signs(kind: number): number {
  return Number(kind === OPERATOR || kind === OPENING) + (Number(kind === OPENING) << BRACKETS);
}

/**
 * Makes what tells whether text has as many brackets or tokens in all as must not nest: most files have not, and are
 * done with. It looks at two bytes of UTF-8 at a time, and counts brackets and tokens in one number. Never too few: a word
 * may count once more where a piece of the text ends.
 */
function counter(table: Int32Array): (text: string) => boolean {
  const pairs = new Uint16Array(COUNTED_BYTES / 2);
  const bytes = new Uint8Array(pairs.buffer);
  return (text) => {
    const all = { brackets: 0, tokens: 0 };
    for (let from = 0; from < text.length; ) {
      const { read, written } = encoder.encodeInto(from === 0 ? text : text.slice(from), bytes);
      bytes.fill(0, written, written + 1);
      const counted = countPairs(pairs, (written + 1) >> 1, table);
      all.brackets += counted >>> BRACKETS;
      all.tokens += counted & TOKENS;
      if (all.brackets >= MAX_OPEN_BRACKETS || all.tokens > MAX_CHAINED_TOKENS) return true;
      from += read;
    }
    return false;
  };
}

function countPairs(pairs: Uint16Array, length: number, table: Int32Array): number {
  let counted = 0;
  let before = 0;
  for (let at = 0; at < length; at += 1) {
    const found = table[pairs[at] as number] as number;
    counted = (counted + (found & 0x3fff_ffff) - ((found >>> 30) & before)) | 0;
    before = found >>> 31;
  }
  return counted;
}

function isTooDeep({ depth, chained }: Nesting): boolean {
  return depth >= MAX_OPEN_BRACKETS || chained > MAX_CHAINED_TOKENS;
}

/** Whether a semicolon or closing brace before a token ended a statement, which the token does not go on with. */
function endsStatement(text: string, at: number, before: number): boolean {
  if (before === SEMICOLON) return !startsWith(ELSE, text, at);
  return before === CLOSING_BRACE && startsWith(NEXT_STATEMENT, text, at);
}

function startsWith(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function take(nesting: Nesting, kind: number, text: string, at: number): void {
  const code = kind === TEXT ? NONE : text.charCodeAt(at);
  if (endsStatement(text, at, nesting.last)) endChain(nesting);
  nesting.last = code;
  if (kind === CLOSING) closeBracket(nesting);
  else if (kind !== SEPARATOR) extendChain(nesting, kind, code);
  else if (code === COMMA && nesting.lists[nesting.depth] === 0) endChain(nesting);
}

function extendChain(nesting: Nesting, kind: number, code: number): void {
  nesting.chains[nesting.depth] = (nesting.chains[nesting.depth] ?? 0) + 1;
  nesting.chained += 1;
  if (kind === OPENING) nesting.depth += 1;
  else if (code === LESS) nesting.lists[nesting.depth] = 1;
}

function closeBracket(nesting: Nesting): void {
  endChain(nesting);
  nesting.depth = Math.max(0, nesting.depth - 1);
}

function endChain(nesting: Nesting): void {
  nesting.chained -= nesting.chains[nesting.depth] ?? 0;
  nesting.chains[nesting.depth] = 0;
  nesting.lists[nesting.depth] = 0;
}
