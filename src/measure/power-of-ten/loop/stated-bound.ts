import type { Comment } from "../../comment.js";

const DEPTH = /@bound\s+depth\s*<=\s*\S/;
const ROUNDS = /@bound\s+iterations\s*<=\s*\S/;

/** Where code starts before which a comment states a bound: offsets of functions and of loops. */
export interface StatedBounds {
  readonly depths: ReadonlySet<number>;
  readonly loops: ReadonlySet<number>;
}

/** Reads `@bound depth <= N` and `@bound iterations <= N`. `comments` ascend. */
export function statedBounds(text: string, comments: readonly Comment[]): StatedBounds {
  const depths = new Set<number>();
  const loops = new Set<number>();
  for (const [index, comment] of comments.entries()) {
    if (!comment.value.includes("@bound")) continue;
    const code = codeAfter(text, comments, index);
    if (DEPTH.test(comment.value)) depths.add(code);
    if (ROUNDS.test(comment.value)) loops.add(code);
  }
  return { depths, loops };
}

function codeAfter(text: string, comments: readonly Comment[], index: number): number {
  let at = comments[index]?.end ?? 0;
  for (let next = index; next < comments.length; next += 1) {
    const comment = comments[next];
    if (comment === undefined || text.slice(at, comment.start).trim() !== "") break;
    at = comment.end;
  }
  return at + (text.slice(at).length - text.slice(at).trimStart().length);
}
