import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { Node, Parser } from "web-tree-sitter";
import { type FlatTree, flatTree, typeName } from "../../../../src/measure/tree/flat-tree.js";
import { engine, type GrammarLanguage, loadGrammars, parserOf } from "../../../../src/measure/tree/grammar.js";
import { addressOf } from "../../../../src/measure/tree/grammar-tables.js";
import { type Engine, type NodeRoom, readMemory } from "../../../../src/measure/tree/tree-memory.js";
import { nodeAround, TreeNode } from "../../../../src/measure/tree/tree-node.js";

/** Text of each language with what a walk could take wrong: fields, hidden nodes, aliases, what is missing or unread. */
const TEXTS: Readonly<Record<GrammarLanguage, string>> = {
  c: "static int f(const char *s, int n[3]) {\n#if A\n  if (n && s) return 1;\n#else\n  g(\"é\", 'x'\n#endif\n}\nstruct s { int a : 3; } }\n",
  cpp: "namespace a { template <class T> T C<T>::m(T &x) { auto l = [&](int y) { return y; }; return x + } }\n",
  python: '@d\ndef f(a, *b, c=1):\n    """é"""\n    return [x for x in a if x] if (a else 0\n\nclass C:\n  pass\n',
  go: "package p\nfunc (r *T) m(a, b int) (int, error) {\n\tfor i := range a { go f(func() { g() }) }\n\treturn a[1:, nil\n}\n",
  rust: "impl<T> S<T> { fn f(&self, x: &mut u8) -> u8 { match x { 1 | 2 => { m!(a, b) } _ => 0, } + } }\n",
  java: "class A<T> { @X int f(final int a, T... b) { return a > 0 ? (x) -> x : ; } static { g(); } }\n",
};

const LANGUAGES = Object.keys(TEXTS) as GrammarLanguage[];

beforeAll(async () => {
  await loadGrammars(LANGUAGES, "grammars");
});

/** Another tree-sitter than that of the grammars: it shows itself to who starts it, which other tests of this process may have. */
async function startOwn(): Promise<{ own: Engine; fresh: typeof import("web-tree-sitter") }> {
  const program = pathToFileURL(createRequire(import.meta.url).resolve("web-tree-sitter"));
  program.search = "?own";
  const fresh = (await import(program.href)) as typeof import("web-tree-sitter");
  const own: Engine = {};
  await fresh.Parser.init(own);
  return { own, fresh };
}

const started = startOwn();

async function ownParser(language: GrammarLanguage): Promise<{ own: Engine; parser: Parser }> {
  const { own, fresh } = await started;
  const files = JSON.parse(readFileSync("grammars/grammars.json", "utf8")) as Record<string, { file: string }>;
  const parser = new fresh.Parser();
  parser.setLanguage(await fresh.Language.load(readFileSync(`grammars/${files[language]?.file}`)));
  return { own, parser };
}

/** What only counts what it is given. */
function counter(): NodeRoom {
  return {
    size: 0,
    add() {
      (this as { size: number }).size += 1;
    },
  };
}

function numberAt({ HEAPU32 }: Engine, place: number): number {
  return HEAPU32?.[place / 4] ?? 0;
}

/** The parser's memory with nothing in one place. */
function withoutNumber({ HEAPU32 }: Engine, place: number): Engine {
  const words = HEAPU32?.slice() ?? new Uint32Array();
  words[place / 4] = 0;
  return { HEAPU32: words, HEAPU16: new Uint16Array(words.buffer) };
}

function withTree<T>(language: GrammarLanguage, text: string, look: (root: Node, flat: FlatTree) => T): T {
  const tree = parserOf(language).parse(text);
  if (tree === null) throw new Error("no tree");
  try {
    return look(tree.rootNode, flatTree(tree, text, engine));
  } finally {
    tree.delete();
  }
}

/** All nodes below one, as the parser tells them. */
function below(root: Node): Node[] {
  return [root, ...root.children.flatMap(below)];
}

type Told = Record<"type" | "text", string> & Record<"start" | "end", number> & Record<string, unknown>;

function told(node: Node | TreeNode | null): Told | null {
  if (node === null) return null;
  const { type, text, startIndex: start, endIndex: end, isError, isMissing } = node;
  return { type, text, start, end, isError, isMissing };
}

const FIELDS = ["name", "type", "body", "declarator", "parameters", "condition", "pattern", "function", "value"];

/** Everything that a node says of itself and of what is around it. */
function all(node: Node | TreeNode): unknown {
  return {
    itself: told(node),
    around: [node.parent, node.previousSibling, node.previousNamedSibling, node.lastChild, node.firstNamedChild].map(
      told,
    ),
    children: node.children.map(told),
    named: node.namedChildren.map(told),
    fields: FIELDS.map((name) => told(node.childForFieldName(name))),
    all: FIELDS.map((name) => node.childrenForFieldName(name).map(told)),
  };
}

describe("a flat tree", () => {
  it.each(LANGUAGES)("says of %s what the parser's own nodes say", (language) => {
    withTree(language, TEXTS[language], (root, flat) => {
      const nodes = below(root);
      expect(nodes.length).toBeGreaterThan(40);
      expect(flat.size).toBe(nodes.length);
      expect(nodes.map((_, at) => all(new TreeNode(flat, at)))).toEqual(nodes.map(all));
      expect(nodes.map((_, at) => flat.grammar.named[flat.types[at] ?? 0] === 1)).toEqual(
        nodes.map((one) => one.isNamed),
      );
    });
  });

  it.each(LANGUAGES)("is the same in %s where the engine shows nothing of itself", async (language) => {
    const { own, parser } = await ownParser(language);
    const text = TEXTS[language];
    const tree = parser.parse(text);
    if (tree === null) throw new Error("no tree");
    const [shown, hidden] = [flatTree(tree, text, own), flatTree(tree, text, {})];
    tree.delete();
    expect(own).toHaveProperty("HEAPU32");
    expect(hidden).toEqual(shown);
  });

  it.each(LANGUAGES)("is read from the parser's memory in %s", async (language) => {
    const { own, parser } = await ownParser(language);
    const tree = parser.parse(TEXTS[language]);
    if (tree === null) throw new Error("no tree");
    const room = counter();
    expect(readMemory(tree, own, room)).toBe(true);
    expect(room.size).toBe(tree.rootNode.descendantCount);
    tree.delete();
  });

  /** What a record's numbers at these bytes say: its length, its children, its symbol; of the first child, whether it is shown. */
  it.each([
    ["root", 16],
    ["root", 36],
    ["root", 40],
    ["child", 44],
  ] as const)("is asked of the parser where its memory is not as expected (%s, %i)", async (which, place) => {
    const { own, parser } = await ownParser("c");
    const tree = parser.parse(TEXTS.c);
    if (tree === null) throw new Error("no tree");
    const root = numberAt(own, addressOf(tree));
    const record = which === "root" ? root : numberAt(own, root - numberAt(own, root + 36) * 8);
    const moved = withoutNumber(own, record + place);
    expect(readMemory(tree, moved, counter())).toBe(false);
    expect(flatTree(tree, TEXTS.c, moved)).toEqual(flatTree(tree, TEXTS.c, own));
    tree.delete();
  });

  it.each(LANGUAGES)("finds in %s the node around each offset that the parser finds", (language) => {
    const text = TEXTS[language];
    withTree(language, text, (root, flat) => {
      for (let offset = root.startIndex; offset < root.endIndex; offset += 1)
        expect([offset, told(nodeAround(flat, offset))]).toEqual([offset, told(root.descendantForIndex(offset))]);
    });
  });

  it("has room for more nodes than a text of its length mostly has", () => {
    const text = `int a[] = {${"1,".repeat(5_000)}};`;
    withTree("c", text, (root, flat) => {
      expect(flat.size).toBe(root.descendantCount);
      expect(flat.size * 2).toBeGreaterThan(text.length);
    });
  });

  it("names the types of a real source as the parser does", () => {
    const text = readFileSync("node_modules/better-sqlite3/src/better_sqlite3.cpp", "utf8");
    withTree("cpp", text, (root, flat) => {
      const types = Array.from({ length: flat.size }, (_, at) => typeName(flat.grammar, flat.types[at] ?? 0));
      expect(types).toEqual(below(root).map(({ type }) => type));
    });
  });
});
