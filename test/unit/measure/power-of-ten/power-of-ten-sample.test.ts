import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { readFacts } from "../../../../src/measure/power-of-ten/analysis.js";
import { linkFiles } from "../../../../src/measure/power-of-ten/call-graph/link.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const SAMPLES = fileURLToPath(new URL("power-of-ten-samples/", import.meta.url));

beforeAll(() =>
  loadGrammars(
    ["c", "cpp", "python", "go", "rust", "java"],
    fileURLToPath(new URL("../../../../grammars", import.meta.url)),
  ),
);

/** Texts that break a rule, or may, by file name: what each does, and the text. */
type Samples = Readonly<Record<string, readonly (readonly [what: string, text: string])[]>>;

function verdictsOf(path: string, text: string, rule: string): string[] {
  const linked = linkFiles([readFacts({ path, text })]);
  const all = linked.flatMap(({ measure, findings }) => [
    ...measure.functions.flatMap((one) => one.findings),
    ...findings,
  ]);
  return all.filter((each) => each.rule === rule).map(({ verdict }) => verdict);
}

const RULES = readdirSync(SAMPLES).map((name) => ({
  rule: name.replace(/\.json$/, ""),
  samples: JSON.parse(readFileSync(`${SAMPLES}${name}`, "utf8")) as Samples,
}));

describe.each(RULES)("$rule", ({ rule, samples }) => {
  const rows = Object.entries(samples).flatMap(([path, texts]) => texts.map((each) => [path, ...each] as const));

  test.each(rows)("does not pass in %s: %s", (path, _what, text) => {
    expect(verdictsOf(path, text, rule)).not.toEqual([]);
  });

  test("is tried by five texts of ECMAScript and of C and C++ each", () => {
    const count = (pattern: RegExp): number => rows.filter(([path]) => pattern.test(path)).length;
    expect(Math.min(count(/\.[tj]sx?$/), count(/\.c(?:pp)?$/))).toBeGreaterThanOrEqual(5);
  });
});
