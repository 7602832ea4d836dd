import { MAX_PARSE_MS } from "../../kernel/bounds.js";
import type { Span } from "../own-length.js";
import { isOfOneBranch, type OpenedText, openConditionals } from "./conditional.js";
import { type FlatTree, flatTree } from "./flat-tree.js";
import { engine, type GrammarLanguage, parserOf } from "./grammar.js";
import { type Reading, readAgain } from "./second-reading.js";
import { isCutRight, type ShortText, shortComments } from "./short-comments.js";
import { squeeze } from "./tree-function.js";
import { TREE_LANGUAGES } from "./tree-language.js";
import { marksOf } from "./tree-mark.js";
import { type Told, walkMarks } from "./tree-walk.js";

/** What was read of a text in the end. */
export interface BestReading extends Reading {
  /** What opens conditional compilation and was left out of the tree. */
  readonly opened: readonly Span[];
}

/**
 * Reads a text; what of it cannot be read as it stands is read without its lines of conditional compilation where that leaves
 * less unread. Null when it takes too long.
 */
export function readBest(text: string, language: GrammarLanguage): BestReading | null {
  const first = read(text, language, timeLimit());
  if (first === null) return null;
  const best = { ...first, opened: [] };
  if (!first.walked.partial || TREE_LANGUAGES[language].hides === undefined) return best;
  const inTime = timeLimit();
  const open = openConditionals(text);
  const patched = readAgain(first, open, (part) => read(part, language, inTime));
  const second = patched === null ? best : { ...walked(patched.flat, language), opened: patched.opened };
  return withTorn(second.walked.errors.length < first.walked.errors.length ? second : best, open);
}

/**
 * A body that begins in one branch of conditional compilation and ends in another is none for compilers: what ends one function
 * and begins the next in a branch that they leave out cuts one of theirs in two.
 */
function withTorn(reading: BestReading, { branches }: OpenedText): BestReading {
  const { flat, walked } = reading;
  const torn = walked.drafts
    .filter(({ parent, bodyStart: start, end }) => parent === null && !isOfOneBranch(branches, { start, end }))
    .map(({ start, bodyStart }) => ({ offset: start, tell: () => tornBody(flat.text.slice(start, bodyStart)) }));
  if (torn.length === 0) return reading;
  return { ...reading, walked: { ...walked, errors: [...walked.errors, ...torn], partial: true } };
}

function tornBody(text: string): Told {
  const head = squeeze(text);
  return { message: `the body of ${JSON.stringify(head)} begins and ends in different branches`, text: head };
}

function read(text: string, language: GrammarLanguage, isOver: () => boolean): Reading | null {
  const short = TREE_LANGUAGES[language].blankComments === true ? shortComments(text) : null;
  let flat = parse(text, language, { short, isOver });
  const isHidden = flat !== null && short !== null && !isCutRight(flat, short);
  if (isHidden) flat = parse(text, language, { short: null, isOver });
  return flat === null ? null : walked(flat, language);
}

function walked(flat: FlatTree, language: GrammarLanguage): Reading {
  const meaning = TREE_LANGUAGES[language];
  return { flat, walked: walkMarks(marksOf(flat, meaning), flat.text, meaning) };
}

/** How a text is parsed: what is parsed for it, if not itself, and what says that it takes too long. */
interface Parsing {
  readonly short: ShortText | null;
  readonly isOver: () => boolean;
}

function parse(text: string, language: GrammarLanguage, { short, isOver }: Parsing): FlatTree | null {
  const parser = parserOf(language);
  parser.reset();
  const tree = parser.parse(short?.text ?? text, null, { progressCallback: isOver });
  if (tree === null) return null;
  try {
    return flatTree(tree, text, engine, short?.shifts);
  } finally {
    tree.delete();
  }
}

let threads = 1;

/** Says how many threads of this process parse at once: the system tells the time of all together. */
export function shareProcessor(among: number): void {
  threads = among;
}

/**
 * Asked all along, says whether a reading has taken too long, by processor time: on a busy machine a file is not refused for
 * having waited. The parser asks about 30 times a millisecond, and once a second where each of its steps has far to read. Only
 * the system knows processor time, and to ask takes as long as parsing a page: that is done when some time has passed at all,
 * which counts for nothing, and when it has been as much as a reading may take.
 */
function timeLimit(): () => boolean {
  const startedMs = performance.now();
  let started: NodeJS.CpuUsage | undefined;
  return () => {
    const passedMs = performance.now() - startedMs;
    if (passedMs > UNCOUNTED_MS) started ??= process.cpuUsage();
    if (started === undefined || passedMs <= MAX_PARSE_MS) return false;
    const { user, system } = process.cpuUsage(started);
    return (user + system) / MICROSECONDS_A_MS > MAX_PARSE_MS * threads;
  };
}

const UNCOUNTED_MS = 100;
const MICROSECONDS_A_MS = 1_000;
