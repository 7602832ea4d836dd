import { compileSegment, coversSegment, matchesSegment, type Segment, segmentsMayMeet } from "./segment.js";

/** Most patterns the braces of one entry may stand for, and most segments it may have. */
const MAX_ALTERNATIVES = 256;
const MAX_SEGMENTS = 256;
/** Characters that make an entry a pattern rather than the name of one file. */
const MAGIC = /[*?[\]{}]/;

/** A `**` segment: any folders, none included. */
export const ANY_FOLDERS = "**";
/** One segment of a pattern. */
export type Step = Segment | typeof ANY_FOLDERS;
/** A whole pattern without braces, anchored at the root of the repository. */
export type Steps = readonly Step[];

/** Whether an entry of a write set is a pattern rather than the name of one file. */
export function isPattern(entry: string): boolean {
  return MAGIC.test(entry);
}

/** The patterns an entry stands for, braces expanded; none when it is malformed or stands for too many. */
export function parsePattern(entry: string): Steps[] {
  const alternatives = expandBraces(entry);
  if (alternatives === undefined) return [];
  return alternatives.map(parseSteps).filter((steps) => steps.length <= MAX_SEGMENTS);
}

/** A trailing `**` names files, so at least one segment: `src/**` is `src/**` and then any name. */
function parseSteps(text: string): Steps {
  const names = text.split("/").filter((name, index, all) => name !== ANY_FOLDERS || all[index - 1] !== ANY_FOLDERS);
  if (names.at(-1) === ANY_FOLDERS) names.push("*");
  return names.map((name) => (name === ANY_FOLDERS ? ANY_FOLDERS : compileSegment(name)));
}

function expandBraces(entry: string): string[] | undefined {
  let open = [entry];
  for (let round = 0; round < MAX_ALTERNATIVES; round += 1) {
    const next: string[] = [];
    for (const text of open) {
      const choices = expandInnermost(text);
      if (choices === undefined) return undefined;
      next.push(...choices);
    }
    if (next.length > MAX_ALTERNATIVES) return undefined;
    if (next.length === open.length && next.every((text, index) => text === open[index])) return next;
    open = next;
  }
  return undefined;
}

/** Replaces the first innermost `{a,b}` by its choices; braces without a comma or a partner are malformed. */
function expandInnermost(text: string): string[] | undefined {
  const close = text.indexOf("}");
  const start = close === -1 ? text.indexOf("{") : text.lastIndexOf("{", close);
  if (close === -1) return start === -1 ? [text] : undefined;
  const choices = text.slice(start + 1, close).split(",");
  if (start === -1 || choices.length < 2) return undefined;
  return choices.map((choice) => `${text.slice(0, start)}${choice}${text.slice(close + 1)}`);
}

/** Whether every path `child` names is one that `parent` names. Sound: unsure means no. */
export function coversSteps(parent: Steps, child: Steps): boolean {
  return walkPairs(parent, child, (above, below, tail) => {
    if (above === ANY_FOLDERS) return tail.left || tail.right;
    if (above === undefined || below === undefined) return above === below;
    return below !== ANY_FOLDERS && tail.both && coversSegment(above, below);
  });
}

/** Whether some path may be named by both. Sound: unsure means yes. */
export function stepsMayMeet(left: Steps, right: Steps): boolean {
  return walkPairs(left, right, (one, other, tail) => {
    if (one === ANY_FOLDERS || other === ANY_FOLDERS) return tail.left || tail.right;
    if (one === undefined || other === undefined) return one === other;
    return tail.both && segmentsMayMeet(one, other);
  });
}

/** Whether some path the pattern names lies below a folder, given by its segments. */
export function stepsLead(steps: Steps, folders: readonly string[]): boolean {
  for (const [index, folder] of folders.entries()) {
    const step = steps[index];
    if (step === ANY_FOLDERS) return true;
    if (step === undefined || !matchesSegment(step, folder)) return false;
  }
  return steps.length > folders.length;
}

/** Answers for shorter tails: without the left pattern's first step, the right one's, or both. */
interface Tails {
  readonly left: boolean;
  readonly right: boolean;
  readonly both: boolean;
}

/** Fills a table of answers for every pair of tails, shortest first, so each pair is asked about once. */
function walkPairs(
  left: Steps,
  right: Steps,
  answer: (one: Step | undefined, other: Step | undefined, tails: Tails) => boolean,
): boolean {
  const width = right.length + 2;
  const known = new Uint8Array((left.length + 2) * width);
  for (let row = left.length; row >= 0; row -= 1) {
    for (let column = right.length; column >= 0; column -= 1) {
      const at = row * width + column;
      const tails = { left: known[at + width] === 1, right: known[at + 1] === 1, both: known[at + width + 1] === 1 };
      if (answer(left[row], right[column], tails)) known[at] = 1;
    }
  }
  return known[0] === 1;
}
