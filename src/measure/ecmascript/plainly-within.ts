import type { ChangeLimits } from "../change-limits.js";
import { isEcmaScript, languageOf } from "../language.js";
import { switchesOff } from "../suppression.js";
import { asciiStandIn, isForeignInLiterals, type SeenSpan, type StandIn } from "./ascii-stand-in.js";
import { parseForVisit } from "./ecmascript-parse.js";
import { areFunctionsWithin } from "./function-bounds.js";
import type { TreeInMemory } from "./parser-memory.js";
import { dataOf } from "./tree-visit.js";

/**
 * Whether a look at the parser's own memory shows that text parses without an error, has no comment that switches a
 * rule off, and no function above the limits. It measures no less than `measureFigures` does of any function, at a
 * tenth of the cost. False says nothing: what there is to object to, if anything, is for the measures to find.
 */
export function isPlainlyWithin(path: string, text: string, limits: ChangeLimits): boolean {
  const language = languageOf(path, text);
  if (language === undefined || !isEcmaScript(language)) return false;
  const standIn = asciiStandIn(text);
  if (standIn === undefined) return false;
  try {
    const tree = parseForVisit(path, standIn.ascii, language);
    return tree !== undefined && isWithin(tree, { text, standIn }, limits);
  } catch {
    return false;
  }
}

/** A text, and what was parsed in its stead. */
interface Texts {
  readonly text: string;
  readonly standIn: StandIn;
}

function isWithin(tree: TreeInMemory, { text, standIn }: Texts, limits: ChangeLimits): boolean {
  const { errors, comments } = dataOf(tree, standIn.ascii);
  if (errors.length > 0) return false;
  const said = [...hashbang(text), ...comments];
  if (said.some((comment) => mayHush(text, comment))) return false;
  return areFunctionsWithin(tree, standIn.ascii, limits) && isForeignInLiterals(tree, standIn, said);
}

/** The first line of a program, which is a comment of JavaScript. */
const HASHBANG = /^#!.*/;

function hashbang(text: string): SeenSpan[] {
  const [line] = HASHBANG.exec(text) ?? [];
  return line === undefined ? [] : [{ start: 0, end: line.length }];
}

/** What a comment opens with. One that opens like HTML's is left to the measures. */
function mayHush(text: string, { start, end }: SeenSpan): boolean {
  if (text.startsWith("//", start) || text.startsWith("#!", start)) return switchesOff(text.slice(start + 2, end));
  return !text.startsWith("/*", start) || switchesOff(text.slice(start + 2, end - 2));
}
