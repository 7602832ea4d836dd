import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Node, Tree } from "web-tree-sitter";
import { blankEdits } from "../../../../src/measure/tree/blank-edit.js";
import { openConditionals } from "../../../../src/measure/tree/conditional.js";
import { loadGrammars, parserOf } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));
beforeAll(() => loadGrammars(["c", "cpp"], GRAMMARS));

const PIECES = [
  "#if A\n",
  "#ifdef B \\\n  || C\n",
  "  # else /* not\nhere */\n",
  "#elif defined(D)\r\n",
  "#endif\n",
  "#define CALL(x) /* calls\\\n it */ x() // ö\n",
  "#define OPEN {\n",
  "int f(int a) {\n",
  "  if (a > 1) {\n",
  "  } else {\n",
  '  return a ? 1 : g("#if");\n',
  "}\n",
  "/* ünïcode 𝒳 */ static int x[] = {\n",
  "1, 2,\n",
  "};\n",
  "\u2028;\r",
  "struct s { int a;\n",
  "template <class T>\n",
];

function nodesOf(tree: Tree): string[] {
  const rows: string[] = [];
  const open: Node[] = [tree.rootNode];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { row, column } = at.startPosition;
    rows.push(`${at.type} ${at.startIndex}-${at.endIndex} ${row}:${column} ${at.isError} ${at.isMissing}`);
    open.push(...at.children.reverse());
  }
  return rows;
}

describe("a tree that was told where blanks stand", () => {
  it.each(["c", "cpp"] as const)("is parsed to the one the text has by itself, in %s", (language) => {
    const parser = parserOf(language);
    const parse = (text: string, before: Tree | null): Tree => parser.parse(text, before) as Tree;
    const texts = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 40 }).map((all) => all.join(""));
    fc.assert(
      fc.property(texts, (text) => {
        const { text: open, blanked } = openConditionals(text);
        const before = parse(text, null);
        for (const edit of blankEdits(open, blanked)) before.edit(edit);
        const again = parse(open, before);
        const anew = parse(open, null);
        const [seen, expected] = [nodesOf(again), nodesOf(anew)];
        for (const tree of [before, again, anew]) tree.delete();
        expect(seen).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });
});
