import { describe, expect, it } from "vitest";
import { coversSteps, parsePattern, type Steps } from "../../../src/capability/pattern.js";

function stepsOf(pattern: string): Steps {
  const [steps] = parsePattern(pattern);
  if (steps === undefined) throw new Error(`${pattern} is malformed`);
  return steps;
}

describe("a pattern of several segments", () => {
  it.each([
    ["a/*", "a/b*", true],
    ["a/*", "a/*/b", false],
    ["a/*/b", "a/*", false],
    ["a/b*", "a/c*", false],
    ["a/b*/x", "a/c*/x", false],
    ["a/**", "a/*/b", true],
    ["a/**", "*/b", false],
    ["a/**/b", "a/**/c/b", true],
    ["a/**/b", "a/**/c", false],
    ["a/*", "a/**", false],
  ])("%s covers %s: %s", (parent, child, expected) => {
    expect(coversSteps(stepsOf(parent), stepsOf(child))).toBe(expected);
  });

  it.each(["a,b}", "{a,b", "{a}", "}a,b{", "{a,{b}}"])("with braces that do not pair up is none: %s", (pattern) => {
    expect(parsePattern(pattern)).toEqual([]);
  });
});
