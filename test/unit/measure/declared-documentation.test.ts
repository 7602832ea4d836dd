import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { judgeCompletion } from "../../../src/measure/completion.js";
import { declaredDocumentation } from "../../../src/measure/declared-documentation.js";
import { measureSource } from "../../../src/measure/source.js";
import { loadGrammars, parserOf } from "../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../grammars", import.meta.url));
const documentedIn = (path: string, text: string): string[] =>
  measureSource(path, text)
    .functions.filter(({ documented }) => documented)
    .map((one) => one.qualified_name);

beforeAll(() => loadGrammars(["c", "cpp"], GRAMMARS));

describe("a function of C and C++ that is documented where it is declared", () => {
  it("is documented in the same file, behind macros and pointers, and in its class", () => {
    const text = `/** Starts. */
API void init(struct parser *parser);
/* Counts. */
extern int *count(int a, ...) ATTRIBUTE;
/** A variable. */
int (*held)(int a);

int bare(void);
/** No longer touches. */

int far(void);
void init(struct parser *parser) { }
int *count(int a, ...) { return 0; }
int held_(int a) { return a; }
int bare(void) { return 1; }
int far(void) { return 1; }
`;
    expect(documentedIn("a.c", text)).toEqual(["init", "count"]);
    const cpp = `namespace n {
class A {
  /** Adds. */
  int add(int a);
  int bare();
};
/// Makes.
template <class T> T make();
}
int n::A::add(int a) { return a; }
int n::A::bare() { return 1; }
namespace n { template <class T> T make() { return T(); } }
`;
    expect(documentedIn("a.cpp", cpp)).toEqual(["n.A.add", "n.make"]);
  });

  it("is documented in a header of the repository that its file includes, itself or through others", () => {
    const sources = [
      { path: "src/a.c", text: '#include "a.h"\n# include <lib/b.h>\n#include "two.h"\n#include <stdio.h>\n' },
      {
        path: "src/a.h",
        text: '#include "../deep/c.h"\n#include "a.h"\n/** One. */\nint one(void);\nint bare(void);\n',
      },
      { path: "include/lib/b.h", text: "/** Two. */\nint two(void);\n" },
      { path: "deep/c.h", text: "/** Three. */\nint three(void);\n" },
      { path: "x/two.h", text: "/** Four. */\nint four(void);\n" },
      { path: "y/two.h", text: "/** Four. */\nint four(void);\n" },
      { path: "src/other.h", text: "/** Five. */\nint five(void);\n" },
      { path: "src/a.cpp", text: '#include "cpp.h"\n' },
      { path: "src/cpp.h", text: "class A {\n  /** Six. */\n  int six() const;\n};\n" },
    ];
    const declared = declaredDocumentation(sources);
    const names = ["one", "two", "three", "four", "five", "bare"];
    expect(names.filter((name) => declared.documents("src/a.c", name))).toEqual(["one", "two", "three"]);
    expect(declared.documents("src/a.cpp", "A.six")).toBe(true);
    expect(declared.documents("src/gone.c", "one")).toBe(false);
  });

  it("is looked for once in a header that many files include, for each language that it is read as", () => {
    const parses = [vi.spyOn(parserOf("c"), "parse"), vi.spyOn(parserOf("cpp"), "parse")];
    const header = { path: "a.h", text: "/** One. */\nint one(void);\n" };
    const including = ["a.c", "b.c", "c.c", "a.cpp", "b.cpp"].map((path) => ({ path, text: '#include "a.h"\n' }));
    const declared = declaredDocumentation([header, ...including]);
    expect(including.map(({ path }) => declared.documents(path, "one"))).toEqual([true, true, true, true, true]);
    expect(parses.map((parse) => parse.mock.calls.length)).toEqual([1, 1]);
    for (const parse of parses) parse.mockRestore();
  });

  it("passes at the completion gate, and one that is not is refused", () => {
    const files = [
      {
        path: "src/a.c",
        before: null,
        after: '#include "a.h"\nint one(void) { return 1; }\nint two(void) { return 2; }\n',
      },
      { path: "src/b.ts", before: null, after: "function one() {}\n" },
    ];
    const header = { path: "src/a.h", text: "/** One. */\nint one(void);\nint two(void);\n" };
    const input = { files, limits: { maxComplexity: 8, maxFunctionLines: 60 }, requireDocs: true, waivers: [] };
    const bareIn = (others: (typeof header)[]): string[] =>
      judgeCompletion({ ...input, powerOfTen: { others, enforce: false } })
        .findings.filter(({ code }) => code === "ERROR_UNDOCUMENTED")
        .map((one) => `${one.file} ${one.function}`);
    expect(bareIn([])).toEqual(["src/a.c one", "src/a.c two", "src/b.ts one"]);
    expect(bareIn([header])).toEqual(["src/a.c two", "src/b.ts one"]);
  });
});
