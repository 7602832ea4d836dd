import { type Comment, isInComment } from "../comment.js";

const OPERATOR = /\b(?:_Pragma\s*\(\s*(?:L|u8?|U)?"((?:[^"\\\n]|\\.)*)"|__pragma\s*\(((?:[^()]|\([^()]*\))*)\))/g;

/**
 * Pragmas that C and C++ make where code stands, by `_Pragma("…")` and `__pragma(…)`, also within macros: as the
 * directives they stand for. `comments` ascend.
 */
export function pragmaOperators(text: string, comments: readonly Comment[]): Comment[] {
  if (!text.includes("_Pragma") && !text.includes("__pragma")) return [];
  return [...text.matchAll(OPERATOR)]
    .filter(({ index }) => !isInComment(comments, index))
    .map(({ 0: whole, 1: quoted, 2: plain, index: start }) => ({
      type: "Line",
      value: `pragma ${(quoted ?? plain ?? "").replaceAll('\\"', '"')}`,
      start,
      end: start + whole.length,
    }));
}
