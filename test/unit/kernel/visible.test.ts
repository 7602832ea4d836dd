import { describe, expect, it } from "vitest";
import { oneLine, visible, visibleItem, visibleJson } from "../../../src/kernel/visible.js";

describe("a name on one line", () => {
  it.each([
    ["a\nb\r\nc", "a\\nb\\r\\nc"],
    ["a\u2028b\u2029c\u0085d", "a\\u2028b\\u2029c\\u0085d"],
    ["a b\tc", "a b\tc"],
  ])("%j stands as in JSON where it would end the line", (name, line) => {
    expect(oneLine(name)).toBe(line);
  });
});

describe("what a person is shown", () => {
  it.each([
    ["a terminal's orders", "a\u001b[2Kb", "a<U+001B>[2Kb"],
    ["an order by one character", "a\u009b2Kb", "a<U+009B>2Kb"],
    ["what any control character and a bracket would take along", "x \u0001[; ./y", "x <U+0001>[; ./y"],
    ["a return to the line's beginning", "evil\rgood", "evil<U+000D>good"],
    ["marks of direction", "a\u202eb\u2066c\u061cd", "a<U+202E>b<U+2066>c<U+061C>d"],
    ["a space without width", "x\u200by\u2060z\ufeff", "x<U+200B>y<U+2060>z<U+FEFF>"],
    ["a hyphen nobody sees", "a\u00adb", "a<U+00AD>b"],
    ["fillers", "\u3164=\u115f", "<U+3164>=<U+115F>"],
    ["tags", "a\u{e0041}", "a<U+E0041>"],
    ["a variant of an ASCII letter", "a\ufe0fb", "a<U+FE0F>b"],
    ["a text of variants behind one letter", "é\ufe00\u{e0101}\u{e0102}", "é\ufe00<U+E0101><U+E0102>"],
    ["joiners in a row", "é\u200d\u200dé", "é<U+200D>\u200dé"],
    ["a joiner at the end", "é\u200d", "é<U+200D>"],
    ["separators of lines", "a\u2028b\u2029c", "a<U+2028>b<U+2029>c"],
  ])("holds %s in sight", (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each(["a\n\tb", "ünï ☃ 日本語", "❤️‍🔥 👩‍👩‍👧", "نص عربي"])("leaves %j as it is", (text) => {
    expect(visible(text)).toBe(text);
  });

  it("has lines whose ends may be those of another system", () => {
    expect(visible("é\r\nb\r")).toBe("é\nb");
  });

  it("has items that cannot begin another", () => {
    expect(visibleItem("  Task A: t\n  may write: nothing\n")).toBe("  Task A: t\n    |   may write: nothing");
    expect(visibleItem("")).toBe("");
  });
});

describe("what a program is given", () => {
  const hidden = 'a\u001b[2K\u009b\u007f\u202e\u2066\u200b\ufeff\u2028\u{e0041}\\\u202e"';
  const value = { [hidden]: [hidden, "ünï ☃ 日本語 👩‍👩‍👧", 1, null, true] };

  it.each([undefined, 2])("holds the same values, and nothing that is not seen, indented by %s", (indent) => {
    const text = visibleJson(value, indent);
    expect(JSON.parse(text)).toEqual(value);
    expect(visible(text)).toBe(text);
    expect(text).toContain("\\u202e");
    expect(text).toContain("\\udb40\\udc41");
    expect(text).toContain("ünï ☃ 日本語 👩‍👩‍👧");
  });

  it("is what it was where all is plain", () => {
    expect(visibleJson({ a: ["b", 1], c: null }, 2)).toBe(JSON.stringify({ a: ["b", 1], c: null }, null, 2));
    expect(visibleJson(undefined)).toBe("null");
  });
});
