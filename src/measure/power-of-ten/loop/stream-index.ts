import type { Language } from "../../language.js";

/** Finds something in a text once, as its functions are looked at one after the other and each asks for it. */
function oncePerText<T>(find: (text: string, language: Language) => T): (text: string, language: Language) => T {
  let last: { text: string; language: Language; found: T } | undefined;
  return (text, language) => {
    if (last?.text !== text || last.language !== language) last = { text, language, found: find(text, language) };
    return last.found;
  };
}

/** Of the text after a class's head, what is looked at (UTF-16 units). */
const MAX_CLASS_CHARS = 2_000;
const MARKED = /Symbol\.iterator|Symbol\.asyncIterator|\bIterat|\bbegin\s*\(/;

interface Heads {
  /** The head of a class, whose name is its first group. */
  readonly head: RegExp;
  /** What follows a head where the class is its own iterator. */
  readonly iterates: RegExp;
}

const ECMASCRIPT: Heads = {
  head: /\bclass ([A-Z]\w*)\b/g,
  iterates: /^(?:[^}]|\}(?!\s*class\b))*?\[Symbol\.(?:async)?[iI]terator\]/,
};
const HEADS: Partial<Record<Language, readonly Heads[]>> = {
  typescript: [ECMASCRIPT],
  tsx: [ECMASCRIPT],
  javascript: [ECMASCRIPT],
  rust: [
    { head: /\bIterator\s+for\s+([A-Z]\w*)\b/g, iterates: /^/ },
    {
      head: /\b([A-Z]\w*)\s*:(?!:)/g,
      iterates: /^\s*(?:[\w:]{1,80}\s*\+\s*){0,8}(?:\w{1,80}::){0,8}(?:Into)?Iterator\b/,
    },
  ],
  java: [{ head: /\b(?:class|record|interface) ([A-Z]\w*)\b/g, iterates: /^[^{]*\b(?:Iterable|Iterator)\b/ }],
  cpp: [{ head: /\b(?:class|struct) ([A-Z]\w*)\b/g, iterates: /^[^;{]*\{[^}]*\bbegin\s*\(/ }],
};

/** Classes and types of a text that are their own iterators. */
export const ownIterators = oncePerText((text, language): ReadonlySet<string> => {
  const found = new Set<string>();
  if (!MARKED.test(text)) return found;
  for (const { head, iterates } of HEADS[language] ?? [])
    for (const { 0: whole, 1: name = "", index } of text.matchAll(head)) {
      const from = index + whole.length;
      if (!found.has(name) && iterates.test(text.slice(from, from + MAX_CLASS_CHARS))) found.add(name);
    }
  return found;
});

/** Names that a text declares as streams, each with the first such declaration. */
export const declaredStreams = oncePerText((text, language): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  if (!/\b(?:Iterable|Iterator|Generator)\b/.test(text)) return found;
  const told = language === "java" ? streamsOfJava(text) : streamsByType(text);
  for (const [name, declared] of told) if (!found.has(name)) found.set(name, declared);
  return found;
});

const TYPED = /(?<![\w$])([\w$]+)\s*[?!]?:\s*(?:Async)?(?:Iter|Gener)\w+</g;

function streamsByType(text: string): [string, string][] {
  return Array.from(text.matchAll(TYPED), ([declared, name = ""]) => [name, declared]);
}

/** `Iterable<A> a`: names behind a type, in what no sign of a statement or call cuts in two. */
function streamsOfJava(text: string): [string, string][] {
  return (text.match(/[^;=()]+/g) ?? []).flatMap((piece) => {
    const typed = /\b(?:Iterable|Iterator)<[^]*/.exec(piece)?.[0] ?? "";
    return Array.from(typed.matchAll(/>\s+(\w+)\b/g), ([behind, name = ""]): [string, string] => [
      name,
      `Iterable${behind}`,
    ]);
  });
}

/** Names that a text of Go says are lists, maps or texts, and no functions. */
export const listsOfGo = (text: string): ReadonlySet<string> => findListsOfGo(text, "go");

const findListsOfGo = oncePerText((text) => {
  const lists = new Set<string>();
  for (const [, name = ""] of text.matchAll(LIST_OF_GO)) lists.add(name);
  for (const [, name = ""] of text.matchAll(FUNCTION_OF_GO)) lists.delete(name);
  return lists;
});

const LIST_OF_GO = /\b(\w+)(?=\s*(?:(?:=|:=|:)\s*)?(?:\[|map\[|string\b|"|make\((?!\s*chan)))/g;
const FUNCTION_OF_GO = /\bfunc\s+(?:\([^()]{0,500}\)\s*)?(\w+)\s*\(/g;
