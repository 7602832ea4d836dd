import type { TreeInMemory } from "./parser-memory.js";
import { type SeenNode, type Visitor, visitorOf, visitTree } from "./tree-visit.js";

/** A piece of text in UTF-16 units. */
export type SeenSpan = Pick<SeenNode, "start" | "end">;

/** Text in ASCII that a parser is given in the stead of another, as long as that in UTF-16 units. */
export interface StandIn {
  readonly ascii: string;
  /** What it differs in, in order. */
  readonly foreign: readonly SeenSpan[];
}

const FIRST_FOREIGN = 128;
/** What the parser takes for the end of a line, and with it of a comment. */
const LINE_SEPARATOR = 0x2028;
const PARAGRAPH_SEPARATOR = 0x2029;
/** A letter that ends no literal and makes no escape that has a meaning. */
const STAND_IN = "j".charCodeAt(0);

let literals: SeenSpan[] = [];
let visitor: Visitor | undefined;

/**
 * Text with a letter for each UTF-16 unit beyond ASCII; undefined where one of these ends a line. The parser says of some
 * nodes of other text where they stand in bytes, and of others in units. It stands for text only where
 * `isForeignInLiterals`.
 */
export function asciiStandIn(text: string): StandIn | undefined {
  if (Buffer.byteLength(text) === text.length) return { ascii: text, foreign: [] };
  const ascii = Buffer.from(text, "latin1");
  const foreign: { start: number; end: number }[] = [];
  let last = { start: -1, end: -1 };
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < FIRST_FOREIGN) continue;
    if (unit === LINE_SEPARATOR || unit === PARAGRAPH_SEPARATOR) return undefined;
    ascii[at] = STAND_IN;
    if (last.end !== at) foreign.push((last = { start: at, end: at }));
    last.end = at + 1;
  }
  return { ascii: ascii.toString("latin1"), foreign };
}

/**
 * Whether all that is beyond ASCII in a text stands in comments, strings, templates and text of markup, by the tree of
 * its stand-in: then one parses where the other does, to the same tree, as such a unit there is like any letter.
 * `comments` ascend. Throws where the tree is too deep to be walked.
 */
export function isForeignInLiterals(tree: TreeInMemory, standIn: StandIn, comments: readonly SeenSpan[]): boolean {
  const { ascii, foreign } = standIn;
  return areWithin(foreign, comments) || areWithin(foreign, ascending([...comments, ...literalsOf(tree, ascii)]));
}

function literalsOf(tree: TreeInMemory, ascii: string): readonly SeenSpan[] {
  const note = ({ start, end }: SeenNode): number => literals.push({ start, end });
  visitor ??= visitorOf({ StringLiteral: note, TemplateElement: note, JSXText: note });
  literals = [];
  visitTree(tree, ascii, visitor);
  return literals;
}

function ascending(spans: SeenSpan[]): SeenSpan[] {
  return spans.sort((a, b) => a.start - b.start);
}

/** Whether each of some spans lies within one of others, which do not lie in each other; both ascend. */
function areWithin(inner: readonly SeenSpan[], outer: readonly SeenSpan[]): boolean {
  let at = 0;
  return inner.every(({ start, end }) => {
    while ((outer[at]?.end ?? end) < end) at += 1;
    return (outer[at]?.start ?? end) <= start;
  });
}
