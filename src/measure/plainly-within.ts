import type { ChangeLimits } from "./change-limits.js";
import { parseForVisit } from "./ecmascript-parse.js";
import { areFunctionsWithin } from "./function-bounds.js";
import { isEcmaScript, languageOf } from "./language.js";
import type { TreeInMemory } from "./parser-memory.js";
import { switchesOff } from "./suppression.js";
import { dataOf } from "./tree-visit.js";

/**
 * Whether a look at the parser's own memory shows that text parses without an error, has no comment that switches a
 * rule off, and no function above the limits. It measures no less than `measureFigures` does of any function, at a
 * tenth of the cost. False says nothing: what there is to object to, if anything, is for the measures to find.
 */
export function isPlainlyWithin(path: string, text: string, limits: ChangeLimits): boolean {
  const language = languageOf(path, text);
  if (language === undefined || !isEcmaScript(language)) return false;
  try {
    const tree = parseForVisit(path, text, language);
    return tree !== undefined && isAscii(tree, text) && isSound(tree, text) && areFunctionsWithin(tree, text, limits);
  } catch {
    return false;
  }
}

/** Beyond ASCII the parser says of some nodes where they stand in bytes, of others in UTF-16 units. */
function isAscii({ sourceBytes }: TreeInMemory, text: string): boolean {
  return sourceBytes === text.length;
}

/** The first line of a program, which is a comment of JavaScript. */
const HASHBANG = /^#!(.*)/;

/** Whether nothing was wrong with a text, and none of its comments switches anything off. */
function isSound(tree: TreeInMemory, text: string): boolean {
  const { errors, comments } = dataOf(tree, text);
  if (errors.length > 0 || switchesOff(HASHBANG.exec(text)?.[1] ?? "")) return false;
  for (const { start, end } of comments) if (mayHush(text.slice(start, end))) return false;
  return true;
}

/** A comment that opens like HTML's is left to the measures. */
function mayHush(comment: string): boolean {
  if (comment.startsWith("//")) return switchesOff(comment.slice(2));
  return !comment.startsWith("/*") || switchesOff(comment.slice(2, -2));
}
