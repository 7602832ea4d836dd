import { describe, expect, it } from "vitest";
import { compileSegment, coversSegment, matchesSegment } from "../../../src/capability/segment.js";

const covers = (parent: string, child: string): boolean => coversSegment(compileSegment(parent), compileSegment(child));

describe("a segment of a pattern", () => {
  it.each([
    ["a", "A", false],
    ["a**", "a", true],
    ["[^a]", "b", true],
    ["[^a]", "a", false],
    ["[^a]", "^", true],
    ["[!]", "!", true],
    ["[!]", "x", false],
    ["[^]", "x", false],
    ["[a-]", "a", true],
    ["[a-]", "-", true],
    ["[a-]", "b", false],
    ["[]a]", "]", true],
    ["[]a]", "a", true],
    ["[]a]", "[", false],
  ])("%s names %s: %s", (pattern, text, expected) => {
    expect(matchesSegment(compileSegment(pattern), text)).toBe(expected);
  });

  it.each([
    ["a*", "ab", true],
    ["a*", "b", false],
    ["a", "A", false],
    ["a*", "ab*", true],
    ["a*", "b*", false],
    ["*a", "*ba", true],
    ["*a", "*b", false],
    ["ab*ba", "ab*ba", true],
    ["ab*ba", "a*a", false],
    ["a**", "ab*", true],
    ["?", "*", false],
    ["[ab]", "*", false],
    ["[ab]", "[ab]", true],
    ["[ab]", "[abc]", false],
    ["a*b*", "a*", false],
    ["a*b*", "a[xb]*", false],
  ])("%s covers %s: %s", (parent, child, expected) => {
    expect(covers(parent, child)).toBe(expected);
  });
});
