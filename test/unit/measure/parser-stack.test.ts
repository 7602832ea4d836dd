import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { MAX_PARSE_MS } from "../../../src/kernel/bounds.js";
import { declaredDocumentation } from "../../../src/measure/declared-documentation.js";
import { readFacts } from "../../../src/measure/power-of-ten/analysis.js";
import { measureFigures, measureSource } from "../../../src/measure/source.js";
import { loadGrammars } from "../../../src/measure/tree/grammar.js";

const GRAMMARS = join(resolve("."), "grammars");
/** A cast of what may be a call of a product of a cast: the parser keeps both readings, and lets go of them one within the other. */
const casts = (count: number): string => `int f(void) { return ${"(a)(b)*".repeat(count)}c; }\n`;
const HONEST: readonly (readonly [string, string])[] = [
  ["a.c", "int f(int a) { return a ? 1 : 2; }\n"],
  ["a.cpp", "int f(int a) { return a ? 1 : 2; }\n"],
  ["a.py", "def f(a):\n    return 1 if a else 2\n"],
];

describe("a text that is read by calls within calls", () => {
  beforeAll(() => loadGrammars(["c", "cpp", "python"], GRAMMARS));

  const complexities = (): number[] =>
    HONEST.flatMap(([path, text]) => measureSource(path, text).functions.map(({ complexity }) => complexity));

  it("is read where they take more than the engine's own stack, which ends in its data", () => {
    for (const count of [2_100, 3_000])
      expect(measureSource("a.c", casts(count))).toMatchObject({ parse: "ok", functions: [{ complexity: 1 }] });
    expect(complexities()).toEqual([2, 2, 2]);
  });

  it.each<[string, (text: string) => unknown]>([
    ["by the gate", (text) => measureSource("a.c", text)],
    ["by the gate's first look", (text) => measureFigures("a.c", text)],
    ["by the Power of Ten", (text) => readFacts({ path: "a.c", text }).measure],
  ])("cannot be read where they are too many for the thread, and the next one is read: %s", (_, read) => {
    expect(read(casts(12_000))).toMatchObject({
      parse: "failed",
      lines: 1,
      functions: [],
      errors: [{ message: expect.stringMatching(/^nested too deeply, or too much, to be parsed \(/), line: 1 }],
    });
    expect(complexities()).toEqual([2, 2, 2]);
  });

  it("documents nothing as a header where it cannot be read", () => {
    const sources = [
      { path: "a.c", text: '#include "a.h"\n' },
      { path: "a.h", text: `/** What it does. */\nint g(void);\n${casts(12_000)}` },
    ];
    expect(declaredDocumentation(sources).documents("a.c", "g")).toBe(false);
    expect(complexities()).toEqual([2, 2, 2]);
  });

  it("takes nothing from the next one where it took too long and its calls are left", () => {
    let looks = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => ((looks += 1) > 400 ? MAX_PARSE_MS + 1 : 0));
    const used = vi.spyOn(process, "cpuUsage").mockReturnValue({ user: MAX_PARSE_MS * 1_000 + 1, system: 0 });
    const late = measureSource("a.c", casts(30_000));
    for (const spy of [clock, used]) spy.mockRestore();
    expect(late).toMatchObject({ parse: "failed", errors: [{ message: expect.stringContaining("processor time") }] });
    expect(complexities()).toEqual([2, 2, 2]);
  });
});
