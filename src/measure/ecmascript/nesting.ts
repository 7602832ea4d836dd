/** Brackets open at once, beyond which text is not given to a parser. */
const MAX_OPEN_BRACKETS = 1_000;
/** Tokens that may nest in each other without brackets, as in `a => a => a` or `if (a) if (b)`. */
const MAX_CHAINED_TOKENS = 10_000;

const CLOSING_BRACE = 125;
/** What after a closing brace starts a new statement or member. */
const NEXT_STATEMENT = /\s*(?!(?:else|catch|finally|while|in|of|instanceof|as|satisfies)\b)[\w$@#"'/]/y;
const ASCII = 128;
const [BLANK, WORD, OPERATOR, SEPARATOR, OPENING, CLOSING] = [0, 1, 2, 3, 4, 5] as const;
const KINDS = Uint8Array.from({ length: ASCII }, (_, code) => kindOf(String.fromCharCode(code)));

function kindOf(unit: string): number {
  if (/[\w$]/.test(unit)) return WORD;
  if ("!~+-=?:<>.&|^%".includes(unit)) return OPERATOR;
  if (";,".includes(unit)) return SEPARATOR;
  if (")]}".includes(unit)) return CLOSING;
  return "([{".includes(unit) ? OPENING : BLANK;
}

/** Tokens since the last separator, for each open bracket and in all. */
interface Nesting {
  readonly chains: Uint32Array;
  depth: number;
  chained: number;
}

/**
 * Whether text nests so deeply that a recursive parser would overflow its stack, which ends the whole process
 * (oxc-parser does at about 5,600 nested functions or 14,000 nested arrows). Judged by the characters alone, strings
 * and comments included: a separator in a comment can deceive it, what people and programs write does not.
 */
export function nestsTooDeeply(text: string): boolean {
  return text.length >= MAX_OPEN_BRACKETS && hasAsMany(text) && isNested(text);
}

function isNested(text: string): boolean {
  const nesting: Nesting = { chains: new Uint32Array(MAX_OPEN_BRACKETS + 1), depth: 0, chained: 0 };
  let before: number = BLANK;
  for (let at = 0; at < text.length; at += 1) {
    const kind = kindAt(text, at);
    if (kind !== BLANK && (kind !== WORD || before !== WORD)) take(nesting, kind);
    if (isTooDeep(nesting)) return true;
    if (kind === CLOSING && startsStatement(text, at)) endChain(nesting, SEPARATOR);
    before = kind;
  }
  return false;
}

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
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

/** Whether a bracket at `offset` is a closing brace, and what follows a new statement. */
function startsStatement(text: string, offset: number): boolean {
  if (text.charCodeAt(offset) !== CLOSING_BRACE) return false;
  NEXT_STATEMENT.lastIndex = offset + 1;
  return NEXT_STATEMENT.test(text);
}

function take(nesting: Nesting, kind: number): void {
  if (kind === SEPARATOR || kind === CLOSING) return endChain(nesting, kind);
  nesting.chains[nesting.depth] = (nesting.chains[nesting.depth] ?? 0) + 1;
  nesting.chained += 1;
  if (kind === OPENING) nesting.depth += 1;
}

function endChain(nesting: Nesting, kind: number): void {
  nesting.chained -= nesting.chains[nesting.depth] ?? 0;
  nesting.chains[nesting.depth] = 0;
  if (kind === CLOSING) nesting.depth = Math.max(0, nesting.depth - 1);
}
