import { beforeAll, describe, expect, it } from "vitest";
import { noteReadAsJson } from "../../../src/measure/ecmascript/parser-memory.js";
import { dangerOf } from "../../../src/measure/ecmascript/parser-safety.js";
import { measureSource } from "../../../src/measure/source.js";

const numbered = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join("");
const importing = (count: number): string => numbered(count, (at) => `import { a${at} } from './a';\n`);
const dangerIn = (text: string): string | undefined =>
  dangerOf({ path: "a.ts", text, hasJsx: false, attempts: [{ lang: "ts" }] });

/** From then on trees are read from the parser's memory, which is 2 GiB long. */
beforeAll(() => noteReadAsJson(1024 * 1024));

describe("a text that the parser has no memory for", () => {
  it.each(["a.ts", "a.js"])("does not end the process: thousands of imports in %s", (path) => {
    const text = `${importing(6_000)}export function f() {}\n`;
    expect(measureSource(path, text)).toMatchObject({ parse: "ok", functions: [{ name: "f" }] });
  });

  it("is not parsed where each import would be compared with a great many", () => {
    expect(dangerIn(importing(20_000))).toBeUndefined();
    const errors = [{ message: "it has too many imports to be parsed safely", line: 1 }];
    expect(measureSource("a.ts", importing(20_001))).toMatchObject({ parse: "failed", errors });
  });

  it.each([
    ["constants without a value", "const a;"],
    ["templates behind an optional chain", "a?.b`c`;"],
  ])("does not end the process: errors that each repeat a long line, %s", (_, error) => {
    const errors = [{ message: "its lines are too long for their errors to be told safely", line: 1 }];
    expect(measureSource("a.ts", error.repeat(60_000))).toMatchObject({ parse: "failed", errors });
  });

  it("is not one whose errors stand in short lines, or that has one long line without errors", () => {
    const partial = measureSource("a.ts", "const a;\n".repeat(10_000));
    expect(partial.parse).toBe("partial");
    expect(partial.errors).toHaveLength(10_000);
    const minified = "function f(a){return a?g(a,1):[a,{b:a}]};".repeat(10_000);
    expect(measureSource("a.ts", minified).parse).toBe("ok");
  });
});
