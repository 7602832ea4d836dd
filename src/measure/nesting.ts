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
  return (text.length > MAX_CHAINED_TOKENS || opensAsMany(text)) && isNested(text);
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

/** Whether a text has so many opening brackets that they could be open at once; a look that is done with most files. */
function opensAsMany(text: string): boolean {
  let opened = 0;
  for (let at = 0; at < text.length; at += 1) if (KINDS[text.charCodeAt(at)] === OPENING) opened += 1;
  return opened >= MAX_OPEN_BRACKETS;
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
