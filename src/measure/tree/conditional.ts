import type { Span } from "../own-length.js";
import { switchesOff } from "../suppression.js";

/** Text without the lines of conditional compilation, and where those that open one stood. */
export interface OpenedText {
  /** As long as the text it was made of: blanks stand where the lines stood, comments stay. */
  readonly text: string;
  readonly opened: readonly Span[];
}

const END = "(?![^])";
const BLOCK = `/\\*[^]*?(?:\\*/|${END})`;
const COMMENT = `${BLOCK}|//[^\\n]*`;
const LITERAL = String.raw`"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?`;
const REST_OF_DIRECTIVE = String.raw`(?:\\\r?\n|\\[^\r\n]|/(?![*/])|[^\n\\/])*`;
const CONDITIONAL = `^[ \\t]*(#[ \\t]*(?:if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\\b${REST_OF_DIRECTIVE})`;
const DEFINITION = `^[ \\t]*#[ \\t]*define\\b(?:\\\\\\r?\\n|${COMMENT}|[^\\n])*`;
const PIECES = new RegExp(`${COMMENT}|${LITERAL}|${CONDITIONAL}|(${DEFINITION})`, "gm");
const BLOCKS = new RegExp(BLOCK, "g");
const OPENS = /^#[ \t]*if/;
const NOT_A_BREAK = /[^\r\n]/g;

/**
 * Leaves out the lines of conditional compilation, so that the code of all their branches stands beside each other, and
 * comments within what macros stand for. A grammar reads some code only like this: a branch that holds half of a statement
 * (`else` before `#endif`), a macro with a comment in its middle. A comment that switches a rule off stays.
 */
export function openConditionals(text: string): OpenedText {
  const opened: Span[] = [];
  const open = text.replace(PIECES, (piece: string, directive?: string, definition?: string, offset = 0) => {
    if (definition !== undefined) return withoutComments(piece);
    if (directive === undefined) return piece;
    if (OPENS.test(directive))
      opened.push({ start: offset + piece.length - directive.length, end: offset + piece.length });
    return blank(piece);
  });
  return { text: open, opened };
}

function withoutComments(definition: string): string {
  return definition.replace(BLOCKS, (comment: string) =>
    switchesOff(comment.slice(2, -2)) ? comment : blank(comment),
  );
}

function blank(text: string): string {
  return text.replace(NOT_A_BREAK, " ");
}
