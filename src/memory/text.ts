/** Characters a token is taken to have. */
const CHARS_PER_TOKEN = 3.5;
/** Characters of a free text in a list. */
const MAX_LINE_CHARS = 160;

/** What `oneLine` changes in a text that is short enough. */
const UNEVEN = /[^\S ]|  |^ | $|\.$/;

/** A free text as part of one line: no breaks, no final full stop, cut at `limit` characters. */
export function oneLine(text: string, limit = MAX_LINE_CHARS): string {
  if (text.length <= limit && !UNEVEN.test(text)) return text;
  const flat = text.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  return flat.length <= limit ? flat : `${flat.slice(0, limit - 1).trimEnd()}…`;
}

/** `a`, `a and b`, `a, b and c`. */
export function joinWords(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** Tokens of so many characters. */
export function tokensOf(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN);
}

/** Tokens of a text as estimated everywhere: characters by 3.5, rounded up. */
export function estimateTokens(text: string): number {
  return tokensOf(text.length);
}
