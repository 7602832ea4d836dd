/** Words of one search. */
const MAX_WORDS = 24;
/** Identifiers of one search by parts. */
const MAX_IDENTIFIERS = 8;
/** Trigrams of one identifier. */
const MAX_TRIGRAMS = 24;

function quote(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}

function wordsOf(text: string): string[] {
  const words = text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  return [...new Set(words)].slice(0, MAX_WORDS);
}

/** An FTS5 query for records with all of the words, or undefined without a word. Nothing in it is an operator. */
export function allWords(text: string): string | undefined {
  const words = wordsOf(text);
  return words.length === 0 ? undefined : words.map(quote).join(" ");
}

/** An FTS5 query for records with any of the words. */
export function anyWord(text: string): string | undefined {
  const words = wordsOf(text);
  return words.length === 0 ? undefined : words.map(quote).join(" OR ");
}

/** An FTS5 query for identifiers that share three letters in a row with one of the text's, misspelt ones too. */
export function anyTrigram(text: string): string | undefined {
  const names = (text.match(/[\p{L}_$][\p{L}\p{N}_$]{3,}/gu) ?? []).slice(0, MAX_IDENTIFIERS);
  const grams = new Set<string>();
  for (const name of names) {
    const last = Math.min(name.length - 3, MAX_TRIGRAMS);
    for (let start = 0; start <= last; start += 1) grams.add(name.slice(start, start + 3));
  }
  return grams.size === 0 ? undefined : [...grams].map(quote).join(" OR ");
}
