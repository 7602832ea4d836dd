import type { Language } from "../../language.js";

/** Finds something in a text once, as its functions are looked at one after the other and each asks for it. */
function oncePerText<T>(find: (text: string, language: Language) => T): (text: string, language: Language) => T {
  let last: { text: string; language: Language; found: T } | undefined;
  return (text, language) => {
    if (last?.text !== text || last.language !== language) last = { text, language, found: find(text, language) };
    return last.found;
  };
}

/** Of the text of a class of ECMAScript, what is looked at before its iterator (UTF-16 units), and the iterator's name. */
const [MAX_CLASS_CHARS, MAX_NAME_CHARS] = [2_000, 24];
const MARKED = /Symbol\.iterator|Symbol\.asyncIterator|\bIterat|\bbegin\s*\(/;
const OWN_ITERATOR = /^(?:[^}]|\}(?!\s*class\b)){0,2000}?\[Symbol\.(?:async)?[iI]terator\]/;

const FINDERS: Partial<Record<Language, (text: string) => Iterable<string>>> = {
  typescript: ofEcmaScript,
  tsx: ofEcmaScript,
  javascript: ofEcmaScript,
  rust: ofRust,
  java: ofJava,
  cpp: ofCpp,
};

/** Classes and types of a text that are their own iterators. */
export const ownIterators = oncePerText(
  (text, language): ReadonlySet<string> => new Set(MARKED.test(text) ? FINDERS[language]?.(text) : []),
);

function* ofEcmaScript(text: string): Iterable<string> {
  for (const { 0: head, 1: name = "", index } of text.matchAll(/\bclass ([A-Z]\w*)\b/g)) {
    const from = index + head.length;
    if (OWN_ITERATOR.test(text.slice(from, from + MAX_CLASS_CHARS + MAX_NAME_CHARS))) yield name;
  }
}

/** Also what only may: any name before a colon in what reads as bounds, of which an iterator is one. */
function* ofRust(text: string): Iterable<string> {
  for (const [, name = ""] of text.matchAll(/\bIterator\s+for\s+([A-Z]\w*)\b/g)) yield name;
  for (const bounds of text.match(/[\w:+\s]+/g) ?? []) yield* boundBy(bounds);
}

function* boundBy(bounds: string): Iterable<string> {
  const last = bounds.lastIndexOf("Iterator");
  if (last === -1) return;
  const more = bounds.lastIndexOf("+", last);
  for (const { 1: name = "", 2: path, index } of bounds.matchAll(/\b([A-Z]\w*)\s*:(:?)/g))
    if (index < (path === "" ? last : more)) yield name;
}

function* ofJava(text: string): Iterable<string> {
  const braceFrom = nextOf(text, /\{/g);
  const iteratorFrom = nextOf(text, /\b(?:Iterable|Iterator)\b/g);
  for (const { 0: head, 1: name = "", index } of text.matchAll(/\b(?:class|record|interface) ([A-Z]\w*)\b/g))
    if (iteratorFrom(index + head.length) < braceFrom(index + head.length)) yield name;
}

function* ofCpp(text: string): Iterable<string> {
  const [signFrom, endFrom, beginFrom] = [nextOf(text, /[;{]/g), nextOf(text, /\}/g), nextOf(text, /\bbegin\s*\(/g)];
  for (const { 0: head, 1: name = "", index } of text.matchAll(/\b(?:class|struct) ([A-Z]\w*)\b/g)) {
    const brace = signFrom(index + head.length);
    if (text.charAt(brace) === "{" && beginFrom(brace) < endFrom(brace)) yield name;
  }
}

/** Where a pattern is found next, asked from places that ascend; the text's end and more where it is not: each part is read once. */
function nextOf(text: string, pattern: RegExp): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found >= from) return found;
    pattern.lastIndex = from;
    found = pattern.exec(text)?.index ?? text.length + 1;
    return found;
  };
}

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
  const closingFrom = nextOf(text, /\)/g);
  for (const { 0: head, 1: receiver, index } of text.matchAll(/\bfunc\s+(\(?)/g)) {
    const end = index + head.length;
    FUNCTION_NAME.lastIndex = receiver === "" ? end : closingFrom(end) + 1;
    lists.delete(FUNCTION_NAME.exec(text)?.[1] ?? "");
  }
  return lists;
});

const LIST_OF_GO = /\b(\w+)(?=\s*(?:(?:=|:=|:)\s*)?(?:\[|map\[|string\b|"|make\((?!\s*chan)))/g;
const FUNCTION_NAME = /\s*(\w+)\s*\(/y;
