import { searchText } from "../store/search-text.js";

/** Words of one search. */
const MAX_WORDS = 24;
/** Characters of a text that are looked through for them. */
const MAX_TEXT_CHARS = 20_000;
/** Identifiers of one search by parts, and trigrams of all of them. */
const MAX_IDENTIFIERS = 8;
const MAX_TRIGRAMS = 48;

/** Most words have a letter of these; the classes of Unicode take long to set up. */
const PLAIN = /[a-zA-Z0-9]/;

function quote(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}

/**
 * The words of a text as FTS5 phrases, in any script; empty without a word. Each is quoted, so that nothing in
 * it is an operator.
 */
export function searchTerms(text: string): string[] {
  const words = text.slice(0, MAX_TEXT_CHARS).replaceAll("\0", " ").match(/\S+/g) ?? [];
  const telling = words.filter((word) => PLAIN.test(word) || /[\p{L}\p{N}]/u.test(word));
  return [...new Set(telling)].slice(0, MAX_WORDS).map((word) => quote(searchText(word)));
}

/** Parts of a text's identifiers as FTS5 phrases: three letters in a row, as a misspelt one shares them too. */
export function identifierParts(text: string): string[] {
  const names = (text.slice(0, MAX_TEXT_CHARS).match(/[\p{L}_$][\p{L}\p{N}_$]{3,}/gu) ?? []).slice(0, MAX_IDENTIFIERS);
  const grams = new Set<string>();
  for (const name of names) {
    for (let start = 0; start + 3 <= name.length && grams.size < MAX_TRIGRAMS; start += 1) {
      grams.add(name.slice(start, start + 3));
    }
  }
  return [...grams].map(quote);
}
