import type { Decision, Issue } from "../schema/memory.js";

/**
 * Scripts written without spaces: each of their letters is a word of its own, and a word is a phrase of them. Made
 * where it is needed: the classes of Unicode take long to set up.
 */
const unspaced = (): RegExp =>
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*/gu;

/** Accents of Latin, Greek and Cyrillic letters, which not everybody types. */
const ACCENTS = /[\u0300-\u036f]/g;

/** Texts that stay as they are. */
const PLAIN = /^[\t\n\r -~]*$/;

/** A text as it is indexed and searched, in any script: composed alike, without accents, unspaced letters apart. */
export function searchText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.normalize("NFKD").replace(ACCENTS, "").normalize("NFKC").replace(unspaced(), " $& ");
}

/** What a decision is found by. */
export function decisionWords(record: Decision): string {
  const { id, question, decision, rationale, alternatives_rejected, paths = [] } = record;
  const others = alternatives_rejected.flatMap(({ option, reason }) => [option, reason]);
  return searchText([id, question, decision, rationale, ...others, ...paths].join("\n"));
}

/** What an issue is found by: its type and error, as first recorded. */
export function issueWords({ type, error }: Pick<Issue, "type" | "error">): string {
  return searchText(`${type}\n${error}`);
}
