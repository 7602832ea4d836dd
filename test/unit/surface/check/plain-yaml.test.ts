import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseYaml } from "../../../../src/plan/document.js";
import { plainData } from "../../../../src/surface/check/plain-yaml.js";
import { PLANS } from "./plans.js";

/** What is read is what the library of YAML reads, without a fault. Answers whether it was read. */
function agree(text: string): boolean {
  const data = plainData(text);
  if (data === undefined) return false;
  const { data: said, faults } = parseYaml(text);
  expect({ text, said, faults }).toEqual({ text, said: data, faults: [] });
  return true;
}

describe("plain YAML", () => {
  it.each(Object.keys(PLANS))("reads %s, and says of it what YAML says", (path) => {
    expect(agree(readFileSync(path, "utf8"))).toBe(true);
  });

  it.each([
    "a: 1\n",
    "a:   # said below\n  b: .\n  c: [.env*, -x, --long, 2.0.0, 30m, https://x.y/z?a, 'it''s', \"a\\\\b\\n\"]\n",
    "a:\n  - b: 1\n    c:\n      - d\n      - e: {f: [{g: h}]}\n  -   b: 2\n      c: x\n",
    "a:\n- b\n- c: 1\n  d:\n  - e\n",
    "a: |\n  one\n\n    two # kept\n  # kept\nb: |-\n  one\n\n\nc: >\n  one\n  two\nd:\n  - |-\n    one\n  - x\n",
    "a: {b: 1,\n  c: [d,\n      e],\n  f: g }\nh: 1\n",
    "a: { }\nb: []\nc: [ ]\n",
    "a: x - y, z [w] {v} & * ! 'q' \"r\" (s) #t\nb: it's\nc: 1 2\nd: a:b\ne: ${{ x.y }}\n",
    "---\n# all\na: - b\n".replace("- b", "b -"),
    "a: \u00e4\u00f6 \u2013 \u201cx\u201d \u{1f600}\n",
  ])("reads %j", (text) => {
    expect(agree(text)).toBe(true);
  });

  it.each([
    "",
    "a\n",
    "- a\n",
    "a: 1",
    "a:\n",
    "a: 1\n  b: 2\n",
    "a:\n    b: 1\n  c: 2\n",
    "a: x\n  y\n",
    "a: 'x\n  y'\n",
    'a: "\\x41"\n',
    "a: [b\n",
    "a: [b\nc: d]\n",
    "a: [b, # c\n  d]\n",
    "a: [b]]\n",
    "a: [b] c\n",
    "a: [b]#c\n",
    "a: {b}\n",
    "a: {b: }\n",
    "a: {b:1}\n",
    "a: {b: 1, b: 2}\n",
    "a: [,]\n",
    "a: |\nb: 1\n",
    "a: |\n\n  b\n",
    "a: |2\n  b\n",
    "a: |\n    b\n  c\n",
    "a: |\n    b\n   \n",
    "a: >\n  b\n\n  c\n",
    "a: >\n  b\n    c\n",
    "a: |+\n  b\n",
    "a: &b c\n",
    "a: *b\n",
    "a: !!str b\n",
    "a: @b\n",
    "a: `b`\n",
    "a: %b\n",
    "a: null\n",
    "a: ~\n",
    "a: 0x1f\n",
    "a: 1e3\n",
    "a: +1\n",
    "a: .5\n",
    "a: .inf\n",
    "a: b: c\n",
    "a: b:\n",
    "a: b\u00a0\n",
    "a: b\tc\n",
    "a: b\u2028c\n",
    "null: 1\n",
    "'a': 1\n",
    "a: 1\n---\nb: 2\n",
    "a: 1\n...\n",
    `a: ${"[".repeat(22)}${"]".repeat(22)}\n`,
    `${Array.from({ length: 22 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")}${" ".repeat(22)}a: 1\n`,
    `${Array.from({ length: 22 }, (_, depth) => `${"  ".repeat(depth)}${depth === 0 ? "a:\n" : "- a:\n"}`).join("")}${" ".repeat(50)}a: 1\n`,
  ])("leaves %j", (text) => {
    expect(agree(text)).toBe(false);
  });

  it("says of plans that were changed what YAML says, or nothing", () => {
    const lines = Object.keys(PLANS).flatMap((path) => readFileSync(path, "utf8").split("\n"));
    const line = fc.constantFrom(...lines);
    const odd = fc.constantFrom(
      ..."- |# |#|: |:|, |,|[|]|{|}|'|\"|\\|&|*|!|>|%|@|`|  |\t|null|~|1e3|.5|-1|0x1|<<: x|---|...".split("|"),
      "|",
    );
    const changed = fc
      .tuple(line, fc.nat(40), fc.nat(4), odd)
      .map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));
    const blanks = fc.tuple(fc.nat(8), line).map(([depth, text]) => `${" ".repeat(depth)}${text.trimStart()}`);
    const start = fc.nat(lines.length - 1);
    const text = fc
      .tuple(start, fc.nat(12), fc.array(fc.oneof(line, changed, blanks), { maxLength: 3 }), start, fc.nat(12))
      .map(([a, most, put, b, more]) => [...lines.slice(a, a + most), ...put, ...lines.slice(b, b + more)])
      .map((all) => {
        const depth = Math.max(0, all.find((each) => each.trim() !== "")?.search(/[^ ]/) ?? 0);
        return `${all.map((each) => (each.startsWith(" ".repeat(depth)) ? each.slice(depth) : each)).join("\n")}\n`;
      });
    let read = 0;
    fc.assert(
      fc.property(text, (each) => {
        if (agree(each)) read += 1;
      }),
      { numRuns: 4_000 },
    );
    expect(read).toBeGreaterThan(200); // of some 340
  });
});
