/** Brackets open at once, beyond which text is not given to a parser. */
const MAX_OPEN_BRACKETS = 1_000;
/** Tokens that may nest in each other without brackets, as in `a => a => a` or `if (a) if (b)`. */
const MAX_CHAINED_TOKENS = 10_000;

const CLOSING_BRACE = 125;
/** What after a closing brace starts a new statement or member. */
const NEXT_STATEMENT = /\s*(?!(?:else|catch|finally|while|in|of|instanceof|as|satisfies)\b)[\w$@#"'/]/y;
const ASCII = 128;
const encoder = new TextEncoder();
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
  return text.length >= MAX_OPEN_BRACKETS && hasAsMany(encoder.encode(text)) && isNested(text);
}

function isNested(text: string): boolean {
  const nesting: Nesting = { chains: new Uint32Array(MAX_OPEN_BRACKETS + 1), depth: 0, chained: 0 };
  let before: number = BLANK;
  for (let at = 0; at < text.length; at += 1) {
    const kind = KINDS[text.charCodeAt(at)] ?? WORD;
    if (kind !== WORD || before !== WORD) take(nesting, kind);
    if (isTooDeep(nesting)) return true;
    if (kind === CLOSING && startsStatement(text, at)) endChain(nesting, SEPARATOR);
    before = kind;
  }
  return false;
}

/** Texts of as many bytes are looked at more closely at once. */
const MAX_COUNTED_BYTES = 2 ** 16;
const hasAsMany = counter(
  bytesOf((kind) => Number(kind === WORD)),
  bytesOf((kind) => Number(kind === OPERATOR || kind === OPENING) + MAX_COUNTED_BYTES * Number(kind === OPENING)),
);

function bytesOf(count: (kind: number) => number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => count(KINDS[byte] ?? WORD));
}

/**
 * Makes what tells whether UTF-8 has as many brackets or tokens in all as must not nest: most files have not, and are
 * done with. Brackets and tokens are counted in one number, with tables that the engine knows to stay the same.
 */
function counter(words: Uint32Array, signs: Uint32Array): (utf8: Uint8Array) => boolean {
  return (utf8) => {
    if (utf8.length >= MAX_COUNTED_BYTES) return true;
    let counted = 0;
    let before = 0;
    for (let at = 0; at < utf8.length; at += 1) {
      const byte = utf8[at] as number;
      const word = words[byte] as number;
      counted += (signs[byte] as number) + (word & ~before);
      before = word;
    }
    return counted >= MAX_COUNTED_BYTES * MAX_OPEN_BRACKETS || counted % MAX_COUNTED_BYTES > MAX_CHAINED_TOKENS;
  };
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
  if (kind === BLANK) return;
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
