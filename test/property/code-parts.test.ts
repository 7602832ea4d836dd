import fc from "fast-check";
import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";
import { codeParts } from "../../src/measure/ecmascript/code-parts.js";

const RUNS = 20_000;
/** What makes it hard to tell code from what is none. */
const PIECES = [
  ...Array.from("/<>(){}[];:,?=+-! |&\"'`@"),
  "a",
  "b",
  "1",
  "g",
  "x=",
  "=>",
  "a:",
  "$",
  "${",
  "\n",
  "\r",
  "\r\n",
  "\u2028",
  "\\",
  "#!",
  "<!--",
  "-->",
  "//x\n",
  "/*y*/",
  "/a/",
  "/'/",
  "/[/]/",
  "'/*'",
  '"//"',
  "`/*`",
  '"\'"',
  "'\"'",
  "</a>",
  "/>",
  "<a>",
  "<a b='",
  "a\n<b>",
  "if(a)",
  "while(a)",
  "else ",
  "do ",
  "return ",
  "typeof ",
  "of ",
  "in ",
  "as ",
  "await ",
  "yield ",
  "new ",
  "let ",
  "break a",
  "case a:",
  "switch(a){",
  "import 'x'",
  "export default ",
  "async ",
  "()=>{",
  "function f(){",
  "{a:",
  "class A{",
  "type A=",
  "interface A{",
  "<T,>",
  "satisfies ",
];
const LANGUAGES = [{ lang: "ts" }, { lang: "tsx" }, { lang: "jsx" }, { lang: "jsx", sourceType: "commonjs" }] as const;

/** Comments as the parser and as `codeParts` see them, as far as that is sure, and code within what the parser calls a text. */
function readings(text: string, options: (typeof LANGUAGES)[number]) {
  const parsed = parseSync("a", text, options);
  if (parsed.errors.some((error) => error.severity === "Error")) return undefined;
  const isText = textOffsets(parsed.program);
  const partAt = codeParts(text, options.lang !== "ts");
  const comments: number[][] = [];
  let [at, codeInText]: [number, number | undefined] = [0, undefined];
  for (let part = partAt(0); at < text.length && part.kind !== "unsure"; part = partAt(at)) {
    if (part.kind === "comment") comments.push([at, part.end]);
    if (part.kind === "code" && isText.has(at)) codeInText = at;
    at = part.end;
  }
  const expected = parsed.comments.filter(({ start }) => start < at).map(({ start, end }) => [start, end]);
  return { comments: comments.filter(isComment(text)), expected: expected.filter(isComment(text)), codeInText };
}

/** All but the first line for the shell, which not each kind of tree calls a comment. */
function isComment(text: string): (range: number[]) => boolean {
  return ([start]) => start !== 0 || !text.startsWith("#!");
}

function textOffsets(program: object): Set<number> {
  const offsets = new Set<number>();
  JSON.stringify(program, (_, value) => {
    if (typeof value === "bigint") return String(value);
    if (isText(value)) for (let at = value.start; at < value.end; at += 1) offsets.add(at);
    return value;
  });
  return offsets;
}

function isText(value: unknown): value is { start: number; end: number } {
  if (typeof value !== "object" || value === null || !("type" in value)) return false;
  const { type, value: content } = value as { type: string; value?: unknown };
  return type === "JSXText" || (type === "Literal" && (typeof content === "string" || "regex" in value));
}

describe("what is told from code before a text is parsed", () => {
  it("is what the parser tells from it, wherever it is sure", () => {
    let sure = 0;
    const texts = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(texts, fc.constantFrom(...LANGUAGES), (pieces, options) => {
        const found = readings(pieces.join(""), options);
        if (found === undefined) return;
        sure += 1;
        expect(found.comments).toEqual(found.expected);
        expect(found.codeInText).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
    expect(sure).toBeGreaterThan(RUNS / 100);
  });
});
