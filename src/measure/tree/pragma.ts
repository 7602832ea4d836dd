import type { Comment } from "../comment.js";
import { COMMENT } from "./c-lexis.js";

/** What may stand between two signs of a directive: blanks, and ends of lines that are escaped. */
const GAP = String.raw`(?:[ \t\v\f\r]|\\[ \t\v\f]*\r?\n)*`;
const SPLICE = /\\[ \t\v\f]*\r?\n/g;
const DIRECTIVE = new RegExp(String.raw`^([ \t\v\f]*)(?:#|%:|\?\?=)${GAP}(pragma\b(?:\\[ \t\v\f]*\r?\n|[^\n])*)`, "gm");
const WIDE_GAP = String.raw`(?:\s|\\[ \t\v\f]*\r?\n)*`;
const TEXT = String.raw`(?:L|u8?|U)?(?:"((?:[^"\\\n]|\\[^])*)"|R"([^()\\\s"]{0,16})\(([^]{0,2000}?)\)\2")`;
const OPERATOR = new RegExp(
  String.raw`\b_Pragma${WIDE_GAP}\(${WIDE_GAP}${TEXT}|\b__pragma${WIDE_GAP}\(((?:[^()]|\([^()]*\))*)\)`,
  "g",
);

/**
 * Pragmas of C and C++: directives in whatever signs and over however many lines, and what is made where code stands, by
 * `_Pragma("…")` and `__pragma(…)`, also within macros, as the directives they stand for. `comments` ascend.
 */
export function pragmasIn(text: string, comments: readonly Comment[]): Comment[] {
  if (!/pragma/i.test(text)) return [];
  const code = withoutComments(text, comments);
  const directives = [...code.matchAll(DIRECTIVE)].map(({ 0: whole, 1: gap = "", 2: value = "", index }) =>
    lineOf(value, index + gap.length, index + whole.length),
  );
  const operators = [...code.matchAll(OPERATOR)].map(({ 0: whole, 1: quoted, 3: raw, 4: plain, index }) =>
    lineOf(`pragma ${(quoted ?? raw ?? plain ?? "").replaceAll('\\"', '"')}`, index, index + whole.length),
  );
  return [...directives, ...operators];
}

/** Whether a directive of the tree is a pragma, of which that ends at the first comment. */
export function isPragma({ value }: Comment): boolean {
  return /^\s*pragma\b/.test(value);
}

const TEXT_OR_COMMENT = new RegExp(String.raw`"(?:\\[^]|[^"\\])*"?|${COMMENT}`, "g");

/** A directive without comments and escaped ends of lines, as a compiler reads it. */
export function plainDirective(directive: Comment): Comment {
  const value = directive.value.replace(TEXT_OR_COMMENT, (piece) => (piece.startsWith("/") ? " " : piece));
  return { ...directive, value: value.replace(SPLICE, "") };
}

function lineOf(value: string, start: number, end: number): Comment {
  return { type: "Line", value: value.replace(SPLICE, ""), start, end };
}

/** As long as the text. The ends of lines in a comment are none to what it stands in. */
function withoutComments(text: string, comments: readonly Comment[]): string {
  let [code, done] = ["", 0];
  for (const { start, end } of comments) {
    code += text.slice(done, start) + " ".repeat(end - start);
    done = end;
  }
  return code + text.slice(done);
}
