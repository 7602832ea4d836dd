import { expect, it } from "vitest";
import { signFinder } from "../../../../src/measure/ecmascript/sign-finder.js";

const TEXT = "..ab..c..=..d..=";

it("says of every piece of a text whether a sign starts in it, in whatever order it is asked", () => {
  for (const sign of ["=", "..=", "e", "."]) {
    const pieces = Array.from({ length: TEXT.length ** 2 }, (_, index) => ({
      start: Math.floor(index / TEXT.length),
      end: (index % TEXT.length) + 1,
    })).filter(({ start, end }) => start < end);
    const [forth, back] = [signFinder(TEXT, sign), signFinder(TEXT, sign)];
    const starts = ({ start, end }: (typeof pieces)[number]): boolean =>
      TEXT.startsWith(sign, start) || (start + 1 < end && starts({ start: start + 1, end }));
    expect(pieces.map(forth)).toEqual(pieces.map(starts));
    expect(pieces.toReversed().map(back)).toEqual(pieces.toReversed().map(starts));
  }
});
