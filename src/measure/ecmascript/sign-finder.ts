/** Whether a sign starts in a piece of a text. */
export type SignFinder = (piece: { readonly start: number; readonly end: number }) => boolean;

/** Looks for a sign in pieces of a text: quick where they are asked for in its order, as no part is then read twice. */
export function signFinder(text: string, sign: string): SignFinder {
  let from = 0;
  let at = -1;
  return ({ start, end }) => {
    if (start < from || start > at) {
      const found = text.indexOf(sign, start);
      from = start;
      at = found === -1 ? text.length : found;
    }
    return at < end;
  };
}
