import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { MAX_PARSE_MS } from "../../../../src/kernel/bounds.js";
import { judgeChange } from "../../../../src/measure/judge-change.js";
import { measureSource } from "../../../../src/measure/source.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));
const LANGUAGES = ["c", "cpp", "python", "go", "rust", "java"] as const;

describe("a grammar", () => {
  it("that was not loaded is a fault, not a file without functions", async () => {
    vi.resetModules();
    const [source, grammar] = [
      await import("../../../../src/measure/source.js"),
      await import("../../../../src/measure/tree/grammar.js"),
    ];
    expect(() => source.measureSource("a.rs", "fn main() {}")).toThrow("was not loaded");
    expect(() => grammar.parserOf("java")).toThrow("was not loaded");
  });

  it("that is not the one shipped is refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "worknode-grammars-"));
    vi.resetModules();
    const fresh = await import("../../../../src/measure/tree/grammar.js");
    try {
      cpSync(GRAMMARS, folder, { recursive: true });
      const file = join(folder, "tree-sitter-go.wasm");
      writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from([0])]));
      await expect(fresh.loadGrammars(["go"], folder)).rejects.toMatchObject({ code: "GRAMMAR_CHANGED" });
      await expect(fresh.loadGrammars(["go"], join(folder, "gone"))).rejects.toMatchObject({ code: "GRAMMAR_MISSING" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("comes with its hash, version and licence", () => {
    const records = JSON.parse(readFileSync(join(GRAMMARS, "grammars.json"), "utf8")) as Record<
      string,
      Record<string, string>
    >;
    expect(Object.keys(records)).toEqual([...LANGUAGES]);
    for (const { file = "", sha256, license } of Object.values(records)) {
      expect(
        createHash("sha256")
          .update(readFileSync(join(GRAMMARS, file)))
          .digest("hex"),
      ).toBe(sha256);
      expect(license).toBe("MIT");
      expect(readFileSync(join(GRAMMARS, file.replace(".wasm", ".LICENSE")), "utf8")).toContain("MIT");
    }
  });
});

/** `qualified name: complexity / own length / parameters`, documented ones with a star, unnamed ones in parentheses. */
function figures(path: string, text: string): string[] {
  return measureSource(path, text).functions.map((one) => {
    const line = `${one.qualified_name}: ${one.complexity} / ${one.length} / ${one.parameters}${one.documented ? " *" : ""}`;
    return one.named ? line : `(${line})`;
  });
}

describe("other languages than ECMAScript", () => {
  beforeAll(() => loadGrammars(LANGUAGES, GRAMMARS));

  it("C: counts if, loops, case, ?:, && and || in all branches of #if, and nothing the preprocessor evaluates", () => {
    const text = `/** Adds. */
static int *add(int a, char **b, ...)
{
    switch (a) {
    case 1: break;
    case 2: break;
    default: return a && b || a ? 1 : 2;
    }
    do { a--; } while (a);
    while (a) for (;;) { if (a) break; }
#if defined(X) && defined(Y)
    if (b) return 0;
#else
    if (a) return 0;
#endif
    return 0;
}

int old(a, b) int a; char b; { return a; }
int none(void) { return 1; }
int (*pointer(int a))(int) { return 0; }
int (*binary(void))(int, int) { return 0; }
int (*(*deep(a, b, c))(void))(int) { return 0; }
int declared(int a);
`;
    expect(figures("a.c", text)).toEqual([
      "add: 12 / 16 / 3 *",
      "old: 1 / 1 / 2",
      "none: 1 / 1 / 0",
      "pointer: 1 / 1 / 1",
      "binary: 1 / 1 / 0",
      "deep: 1 / 1 / 3",
    ]);
  });

  it("C: takes a token in what cannot be read for no path, one whose operand is missing for one, and a case taken for a name as well", () => {
    const text = `int knot(int a) { && || ; return a; }
int label(int a) { a = case 3; return a; }
int after(int a) { switch (a) { case 1: return a && 1; } return a || ; }
`;
    expect(figures("a.c", text)).toEqual(["knot: 1 / 1 / 1", "label: 2 / 1 / 1", "after: 4 / 1 / 1"]);
  });

  it("C: takes a block behind a macro for what it stands in, and for a function where it stands in none", () => {
    const text = `/* Reads. */
SYSCALL_DEFINE2(read, int, fd)
{
  if (fd) return 1;
  return 0;
}
// Parses.
static char * WARN_UNUSED_RESULT
parse(char *arg UNUSED, const struct of *pp)
{
  return pp ? arg : 0;
}
#ifdef A
TEST(a, b, const c d)
{
  a && b;
}
#endif
int f(int a)
{
  FOR_EACH (i) {
    if (i) a++;
  }
  int g(int b) { return b || a; }
  return a;
}
`;
    expect(figures("a.c", text)).toEqual([
      "SYSCALL_DEFINE2: 2 / 5 / 3 *",
      "parse: 2 / 5 / 2 *",
      "TEST: 2 / 4 / 3",
      "f: 2 / 7 / 1",
      "f.g: 2 / 1 / 1",
    ]);
    expect(measureSource("a.c", text).errors).toEqual([]);
  });

  it("C: says of statements outside of functions that they could not be read", () => {
    const outside = (text: string): unknown => measureSource("a.c", text).errors.map(({ message }) => message);
    expect(outside("BEGIN(x);\nif (a) b();\nint size = A ? 1 : 2;\n")).toEqual(['unexpected "if (a) b();"']);
    expect(outside("OPEN\ncase 1: a();\n")).not.toEqual([]);
    expect(outside("#if A && B\nint size = A ? 1 : 2;\n#endif\n")).toEqual([]);
  });

  it.each(["a.c", "a.cc"])(
    "%s: says of a word that begins a path and was taken for a name that it could not be read",
    (path) => {
      const within = (text: string): unknown =>
        measureSource(path, `int f(int a)\n{\n  ${text}\n  return a;\n}\n`).errors.map(({ message }) => message);
      expect(within("FOO for (;;) a--;")).toContain('unexpected "for"');
      expect(within("const if (a) { b(); }")).toContain('unexpected "if"');
      const cases = "int f(int a)\n{\n  switch (a) { case 1: return 2; HANDLERS case 3: return 4; }\n  return a;\n}\n";
      expect(figures(path, cases)).toEqual(["f: 3 / 5 / 1"]);
      expect(within('/* if for */ puts("for if"); for (;;) break; do a--; while (a);')).toEqual([]);
      expect(within("#define EACH(x) for (x = 0; x < 9; x++) if (x)\n  #pragma GCC unroll for\n  a++;")).toEqual([]);
    },
  );

  it("C: reads a statement that branches of #if cut to pieces, and says so where it cannot", () => {
    const cut = `int f(int a)
{
  if (a == 1) {
    a = 2;
#ifdef A
  } else if (a == 2) {
    a = 3;
#endif
  }
#ifdef B
  else if (a == 4) {
    a = 5;
  }
#endif
  return a;
}
`;
    expect(figures("a.c", cut)).toEqual(["f: 4 / 16 / 1"]);
  });

  it("C++: names members by class and namespace, counts lambdas apart, catch and ranges as paths", () => {
    const text = `namespace n {
/// Doc of the template.
template <class T>
class A {
 public:
  A(int a) : b(a) {}
  ~A() = default;
  int operator+(const A &&o) const {
    auto l = [&](int x) { return x and 1 or 2; };
    try { } catch (...) { }
    for (auto x : y) { }
    return 1;
  }
  operator int() { return 1; }
};
}
int n::A::m() { return 1; }
`;
    expect(figures("a.cpp", text)).toEqual([
      "n.A.A: 1 / 1 / 1",
      "n.A.operator+: 3 / 6 / 1",
      "(n.A.operator+.<anonymous>: 3 / 1 / 1)",
      "n.A.operator int: 1 / 1 / 0",
      "n.A.m: 1 / 1 / 0",
    ]);
  });

  it.each(['""', '" . "', 'b"bytes"', 'f"{x}"', '"" "words"', "x"])("Python: %s is no docstring", (text) => {
    expect(measureSource("a.py", `def f():\n    ${text}\n`).functions).toMatchObject([{ documented: false }]);
  });

  it.each(['"words"', "r'words'", 'u"""\n    Tells.\n    """'])("Python: %s is a docstring", (text) => {
    expect(measureSource("a.py", `def f():\n    ${text}\n`).functions).toMatchObject([{ documented: true }]);
  });

  it("Python: counts as radon does, closures apart; a docstring documents", () => {
    const text = `@decorator
async def f(a, *b, c=1, **d):
    """Does it."""
    x = [i for i in y if i]
    if a and b or c:
        pass
    elif d:
        pass
    for i in x:
        pass
    else:
        pass
    try:
        pass
    except E:
        pass
    else:
        pass
    match a:
        case 1:
            pass
        case _:
            pass
    assert x
    with a:
        pass
    return lambda z: z if z else 1

class A:
    # Says something.
    def m(self):
        def inner():
            return 1
        return inner
`;
    expect(figures("a.py", text)).toEqual([
      "f: 13 / 26 / 4 *",
      "(f.<anonymous>: 2 / 1 / 1)",
      "A.m: 1 / 2 / 1 *",
      "A.m.inner: 1 / 2 / 0",
    ]);
  });

  it("Go: counts as gocyclo does and names methods by their type", () => {
    const text = `package a

// M does it.
func (t *T) M(a, b int, c string) int {
	if a > 1 && b > 2 || c == "" {
	}
	switch a {
	case 1:
	default:
	}
	select {
	case <-c:
	default:
	}
	for i := range x {
	}
	f := func(x int) {}
	return 1
}

func F[K any](x K) {}
`;
    expect(figures("a.go", text)).toEqual(["T.M: 7 / 16 / 3 *", "(T.M.<anonymous>: 1 / 1 / 1)", "F: 1 / 1 / 1"]);
  });

  it("Rust: counts match arms but the wildcard; documentation stands before attributes", () => {
    const text = `impl T for S {
    /// Does it.
    #[inline]
    pub fn f(&self, a: i32) -> i32 {
        if a > 1 && b { }
        if let Some(x) = y && z { }
        match a { 1 => 2, _ if a > 3 => 1, _ => 3 }
        while x {}
        for i in y {}
        loop { break }
        let c = |x| x + 1;
        1
    }
}
`;
    expect(figures("a.rs", text)).toEqual(["S.f: 10 / 10 / 2 *", "(S.f.<anonymous>: 1 / 1 / 1)"]);
  });

  it("Java: counts cases and catch, names members by class", () => {
    const text = `class A {
    /** Does it. */
    @Override
    public int m(int a, String... b) throws E {
        if (a > 1 && b != null || c) { }
        switch (a) { case 1: break; default: }
        int x = switch (a) { case 1, 2 -> 3; default -> 4; };
        try { } catch (E e) { }
        for (int i : y) { }
        do { } while (x > 1);
        Runnable r = () -> { };
        return a > 1 ? 2 : 3;
    }
    A() { }
    { if (b) { c(); } }
    interface I { void q(); }
}
`;
    expect(figures("A.java", text)).toEqual([
      "A.m: 10 / 11 / 2 *",
      "(A.m.<anonymous>: 1 / 1 / 0)",
      "A.A: 1 / 1 / 0",
      "(A.<anonymous>: 2 / 1 / 0)",
    ]);
  });

  it("says where it could not read, and takes a place it could not read before for known", () => {
    const broken = "int f(void) { return 1; }\nint g( { x\n";
    expect(measureSource("a.c", broken)).toMatchObject({ parse: "partial", errors: [{ line: 2 }] });
    const limits = { maxComplexity: 8, maxFunctionLines: 60 };
    const judged = (before: string | null): boolean[] =>
      judgeChange({ path: "a.c", before, after: broken, limits, isTest: false }).map(({ blocks }) => blocks);
    expect(judged("int f(void) { return 1; }\n")).toEqual([true]);
    expect(judged(`/* before */\n${broken}`)).toEqual([false]);
  });

  it("refuses a new knot, and takes one that moved or changed its layout for what it was", () => {
    const cases = Array.from({ length: 9 }, (_, index) => `if (a == ${index}) return ${index};`).join("\n");
    const knot = `int knot(int a) {\n${cases}\nreturn a;\n}\n`;
    const limits = { maxComplexity: 8, maxFunctionLines: 60 };
    const judged = (before: string | null, after: string): string[] =>
      judgeChange({ path: "a.c", before, after, limits, isTest: false }).map(({ message }) => message);
    expect(judged(null, knot)).toEqual(["Function complexity 10 exceeds agent limit 8"]);
    expect(judged(knot, `/* moved down */\n\n${knot.replaceAll("\n", "\n  ")}`)).toEqual([]);
    expect(judged(knot, knot.replaceAll("knot", "renamed"))).toEqual([]);
    expect(judged(knot, knot.replace("return a;", "return -a;"))).toEqual([]);
  });

  it.each([
    ["a.c", "int f(void) { return 1; } // NOLINT\n"],
    ["a.c", '#pragma GCC diagnostic ignored "-Wall"\n'],
    ["a.py", "x = 1  # noqa\n"],
    ["a.py", "def f():  # pragma: no cover\n    pass\n"],
    ["a.rs", "#[allow(dead_code)]\nfn f() {}\n"],
    ["A.java", 'class A { @SuppressWarnings("all") void m() { } }\n'],
    ["a.go", "package a //nolint\n"],
  ])("finds what switches a rule off in %s: %s", (path, text) => {
    expect(measureSource(path, text).suppressions).toHaveLength(1);
  });

  it.each([
    ["outside functions", (text: string) => `${text}int f(void) { return 1; }\n`],
    ["inside one", (text: string) => `int f(void)\n{\n${text}return 1;\n}\n`],
  ])("refuses a conflict that was left unresolved %s", (_, place) => {
    const text = place("<<<<<<< HEAD\nint a;\n=======\nint b;\n>>>>>>> theirs\n");
    const limits = { maxComplexity: 8, maxFunctionLines: 60 };
    const judged = judgeChange({ path: "a.c", before: null, after: text, limits, isTest: false });
    expect(
      judged.some(({ code, message, blocks }) => blocks && code === "ERROR_PARSE" && message.includes("conflict")),
    ).toBe(true);
    const quoted = `/*\n${"<<<<<<< HEAD\n>>>>>>> theirs\n"}*/\nint f(void) { return 1; }\n`;
    expect(judgeChange({ path: "a.c", before: null, after: quoted, limits, isTest: false })).toEqual([]);
  });

  it("count in a test the lines that hold code, and elsewhere every own line", () => {
    const said = "\n \t\r\n  // why\n  /* a\n\n   * b */\n  /* c */ // d\n";
    const lengths = (path: string, text: string): number[] =>
      measureSource(path, text).functions.map((one) => one.length);
    const code = `${said}  a(); // a\n  /* b */ b();${said}`;
    expect(lengths("test/a.c", `int f(void) {${code}}`)).toEqual([4]);
    expect(lengths("test/a.cpp", `int f() {${code}}`)).toEqual([4]);
    expect(lengths("a_test.go", `package a\nfunc f() {${code}}`)).toEqual([4]);
    expect(lengths("tests/a.rs", `fn f() {${code}}`)).toEqual([4]);
    expect(lengths("test/A.java", `class A { void f() {${code}} }`)).toEqual([4]);
    expect(lengths("test_a.py", "def f():\n    # why\n\n    a() # a\n\n    # more\n    b()\n")).toEqual([3]);
    expect(lengths("test_a.py", 'def f():\n    return """\n# a\n"""\n')).toEqual([4]);
    expect(lengths("test/a.c", "int f(void) {\n#if 0\n  a();\n#endif\n  return 0; // \\\n  b();\n}")).toEqual([6]);
    expect(lengths("a.c", `int f(void) {${code}}`)).toEqual([code.split("\n").length]);
  });

  it("fails a text by processor time, and not for having waited", () => {
    const text = "int f(int a) { return a ? 1 : 2; }\n".repeat(5_000);
    let passedMs = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (passedMs += MAX_PARSE_MS + 1));
    const used = vi.spyOn(process, "cpuUsage").mockReturnValue({ user: MAX_PARSE_MS * 1_000, system: 0 });
    const parses = [measureSource("a.c", text).parse];
    used.mockReturnValue({ user: MAX_PARSE_MS * 1_000, system: 1 });
    parses.push(measureSource("a.c", text).parse);
    for (const spy of [clock, used]) spy.mockRestore();
    expect(parses).toEqual(["ok", "failed"]);
  });

  it("reads 100,000 lines and deep nesting without a fault", () => {
    const long = Array.from({ length: 1_000 }, (_, index) => `int f${index}(void) {${"\n  g();".repeat(98)}\n}\n`).join(
      "",
    );
    const { lines, parse, functions } = measureSource("a.c", long);
    expect({ lines, parse, functions: functions.length }).toEqual({ lines: 100_000, parse: "ok", functions: 1_000 });
    const deep = `int f(void) { return ${"(".repeat(20_000)}1${")".repeat(20_000)}; }`;
    expect(measureSource("a.c", deep).functions).toHaveLength(1);
  });
});

describe("the hash of a function's tokens", () => {
  beforeAll(() => loadGrammars(LANGUAGES, GRAMMARS));

  /** Hashes of a text's functions by name. */
  function hashes(path: string, text: string): Record<string, string> {
    return Object.fromEntries(measureSource(path, text).functions.map((one) => [one.name, one.token_hash]));
  }

  it("does not change with comments, layout and the function's own name, and does with its code", () => {
    const hashOf = (text: string): string => Object.values(hashes("a.rs", text))[0] ?? "";
    const hash = hashOf("fn f() -> i32 { g(1) }");
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf("fn other() -> i32 {\n  /// Says more.\n  // and more\n  g( 1 ) /* so */\n}")).toBe(hash);
    expect(hashOf("fn f() -> i32 { g(2) }")).not.toBe(hash);
  });

  it("is of what stands in the function, and of a nested one by that one's hash", () => {
    const text = "int f() { auto h = [](int a) { return a; }; return h(1); }\nint k() { return 1; }\n";
    const one = hashes("a.cpp", text);
    const after = hashes("a.cpp", text.replace("h(1)", "h(2)"));
    expect([after["<anonymous>"] === one["<anonymous>"], after["f"] === one["f"]]).toEqual([true, false]);
    const within = hashes("a.cpp", text.replace("return a;", "return -a;"));
    expect([within["<anonymous>"] === one["<anonymous>"], within["f"] === one["f"]]).toEqual([false, false]);
    expect(within["k"]).toBe(one["k"]);
  });

  it("leaves a path that begins with a nested function to the one around it", () => {
    expect(figures("a.cpp", "int f() { return []() { return 1; }() ? 1 : 2; }\n")).toEqual([
      "f: 2 / 1 / 0",
      "(f.<anonymous>: 1 / 1 / 0)",
    ]);
  });
});

describe("functions in each other", () => {
  const nested = (depth: number): string => `${"fn a() {\n".repeat(depth)}${"}\n".repeat(depth)}`;
  beforeAll(() => loadGrammars(["rust"], GRAMMARS));

  it("are read two hundred deep", () => {
    const { parse, functions } = measureSource("a.rs", nested(200));
    expect({ parse, functions: functions.length }).toEqual({ parse: "ok", functions: 200 });
  });

  it("are told as unread further down, where the figures of thousands would take for ever", () => {
    const { parse, functions, errors } = measureSource("a.rs", nested(8_000));
    expect({ parse, functions: functions.length }).toEqual({ parse: "partial", functions: 200 });
    expect(errors.map(({ line, message }) => [line, message])).toEqual([[201, "nested too deeply to be judged"]]);
  });
});
