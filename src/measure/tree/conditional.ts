import { lineAt } from "../line-table.js";
import type { Span } from "../own-length.js";
import { switchesOff } from "../suppression.js";
import { COMMENT, LITERAL, NUMBER } from "./c-lexis.js";

/** Text that is read again, without the lines of conditional compilation, and where those that open one stood. */
export interface OpenedText {
  /** As long as the text it was made of: blanks stand where the lines stood, comments stay. Line ends may not. */
  readonly text: string;
  readonly opened: readonly Span[];
  readonly branches: Branches;
}

/** Pieces of a text that one branch of conditional compilation holds, or none (0): where they begin, ascending, and which it is. */
interface Branches {
  readonly starts: number[];
  readonly numbers: number[];
}

const REST_OF_DIRECTIVE = String.raw`(?:\\\r?\n|\\[^\r\n]|/(?![*/])|[^\n\\/])*`;
const CONDITIONAL = `^[ \\t]*(#[ \\t]*(?:if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\\b${REST_OF_DIRECTIVE})`;
const IN_MACRO = `${NUMBER}|${LITERAL}|${COMMENT}`;
const DEFINITION = `^[ \\t]*#[ \\t]*define\\b(?:\\\\\\r?\\n|${IN_MACRO}|[^\\n])*`;
/** The beginning of a line, not of one that is part of a comment or a directive: their end must stay what it is. */
const LINE_OF_CODE = String.raw`(?<![^\n]|(?:\\|\?\?/)[ \t\v\f\r]*\n)`;
const STATEMENT = "(?:if|for|while|do|switch|case|default|goto|return)\\b";
const MACRO_ALONE = String.raw`${LINE_OF_CODE}[ \t]*[A-Z][A-Z0-9_]*[ \t]*\r?(\n)(?=\s*${STATEMENT})`;
const PIECES = new RegExp(`${COMMENT}|${LITERAL}|${CONDITIONAL}|(${DEFINITION})|${MACRO_ALONE}`, "gm");
const PIECES_OF_MACRO = new RegExp(IN_MACRO, "g");
const OPENS = /^#[ \t]*if/;
const ENDS = /^#[ \t]*endif/;
/** What the groups of a piece hold, and where it stands. */
type Groups = [
  directive: string | undefined,
  definition: string | undefined,
  lineEnd: string | undefined,
  offset: number,
];
const NOT_A_BREAK = /[^\r\n]/g;

/**
 * Leaves out the lines of conditional compilation, so that the code of all their branches stands beside each other, and
 * comments within what macros stand for. A grammar reads some code only like this: a branch that holds half of a statement
 * (`else` before `#endif`), a macro with a comment in its middle, a macro that is a statement by itself and has no end of its
 * own (`YY_BREAK` before `case`), which is given one. A comment that switches a rule off stays.
 */
export function openConditionals(text: string): OpenedText {
  const opened: Span[] = [];
  const branches = { starts: [0], numbers: [0] };
  const around: number[] = [];
  const open = text.replace(PIECES, (piece: string, ...[directive, definition, lineEnd, offset]: Groups) => {
    if (definition !== undefined) return withoutComments(piece);
    if (lineEnd !== undefined) return `${piece.slice(0, -lineEnd.length)};`;
    if (directive === undefined) return piece;
    const span = { start: offset + piece.length - directive.length, end: offset + piece.length };
    if (OPENS.test(directive)) {
      opened.push(span);
      around.push(branches.numbers.at(-1) ?? 0);
    }
    branches.numbers.push(ENDS.test(directive) ? (around.pop() ?? 0) : branches.starts.length);
    branches.starts.push(span.start);
    return blank(piece);
  });
  return { text: open, opened, branches };
}

/** Whether what stands between two offsets begins and ends in the same branch. */
export function isOfOneBranch({ starts, numbers }: Branches, { start, end }: Span): boolean {
  const branchAt = (offset: number): number | undefined => numbers[lineAt(starts, offset) - 1];
  return branchAt(start) === branchAt(end);
}

/** In a text without escapes there are none, and where it ends another scan tells. */
function withoutComments(definition: string): string {
  if (definition.includes('R"')) return definition;
  return definition.replace(PIECES_OF_MACRO, (piece: string) =>
    !piece.startsWith("/*") || switchesOff(piece.slice(2, -2)) ? piece : blank(piece),
  );
}

function blank(text: string): string {
  return text.replace(NOT_A_BREAK, " ");
}
