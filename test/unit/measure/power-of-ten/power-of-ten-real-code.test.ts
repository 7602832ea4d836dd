import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { readFacts } from "../../../../src/measure/power-of-ten/analysis.js";
import { linkFiles } from "../../../../src/measure/power-of-ten/call-graph/link.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));

beforeAll(() => loadGrammars(["c", "cpp", "python", "go", "rust", "java"], GRAMMARS));

/** `function verdict message` of each finding of a rule, functions in order. */
function told(rule: string, path: string, text: string): string[] {
  return linkFiles([readFacts({ path, text })]).flatMap(({ measure }) =>
    measure.functions.flatMap(({ name, findings }) =>
      findings.filter((each) => each.rule === rule).map(({ verdict, message }) => `${name} ${verdict} ${message}`),
    ),
  );
}

describe("p10-5-assert", () => {
  const made = (path: string, text: string): string[] =>
    told("p10-5-assert", path, text).map((line) => line.replace(/ assertions;.*/, ""));

  test.each([
    ["a guard whose other side throws", "if (a) use(); else throw new Error();"],
    ["a guard that builds what it throws", "if (!a) { const e = new Error(); throw e; }"],
    ["what is thrown when nothing else has returned", "if (a) return 1; throw new Error();"],
    ["what is thrown where no case fits", "switch (a) { case 1: return; default: throw new Error(); }"],
    ["a guard within a handler", "try { use(); } catch (e) { if (!a) throw e; }"],
    ["a place that is never reached, with its text", "if (a) return; assert.fail('never');"],
  ])("counts %s", (_name, body) => {
    expect(made("a.ts", `function f(a) { ${body} }`)).toEqual(["f fail makes 1"]);
  });

  test.each([
    ["what a handler hands on", "try { use(); } catch (e) { throw e; }"],
    ["what is thrown under a condition that never holds", "if (false) throw new Error(); return a ? 1 : 2;"],
    ["what is thrown under a comparison of a thing with itself", "if (a === a) throw new Error(); return a ? 1 : 2;"],
    ["ending a request", "if (a) a.abort();"],
  ])("does not count %s", (_name, body) => {
    expect(made("a.ts", `function f(a) { ${body} }`)).toEqual(["f fail makes 0"]);
  });

  test.each([
    ["a.c", "a panic of the project", 'int f(int a) { if (a) return 1; serverPanic("unknown"); return 2; }'],
    ["a.c", "a bug that is told", 'int f(int a) { if (a) return 1; BUG("unknown"); return 2; }'],
    ["a.c", "a condition of the kernel", "int f(int a) { BUG_ON(a > 3); return a ? 1 : 2; }"],
    ["a.c", "ending the program", "int f(int a) { if (a) abort(); return 2; }"],
    ["a.go", "a panic with what failed once", "package p\nfunc f(err error) { if err != nil { panic(err) } }\n"],
    ["a.rs", "a panic with a text", 'fn f(n: i32) { if n > 0 { panic!("bad"); } }'],
    ["a.py", "what is raised after a choice", "def f(n):\n    if n:\n        return 1\n    raise ValueError(n)\n"],
  ])("counts in %s %s", (path, _name, text) => {
    expect(made(path, text)).toEqual(["f fail makes 1"]);
  });
});

describe("p10-7-return", () => {
  test("cannot tell where only some of what is given back is a promise", () => {
    const text = "function g(a) { if (a) return Promise.resolve(1); return a; } function f() { g(1); }";
    expect(told("p10-7-return", "a.ts", text)).toEqual(["f unknown may not wait for g"]);
  });

  test("fails where all that is given back is a promise", () => {
    const text = "function g(a) { if (a) return Promise.resolve(1); return; } function f() { g(1); }";
    expect(told("p10-7-return", "a.ts", text)).toEqual(["f fail does not wait for g"]);
  });

  test("cannot tell of methods of one name that give a promise at times", () => {
    const text = "class A { g(a) { if (a) return Promise.resolve(1); return a; } } function f(o) { o.g(1); }";
    expect(told("p10-7-return", "a.ts", text)).toEqual(["f unknown may not wait for g"]);
  });

  test("takes no macro for a function that another macro's name stands before", () => {
    const text =
      "void f(int kind, int loc)\n{\n  YY_USE (loc);\n  YY_IGNORE_BEGIN\n  YY_USE (kind);\n  YY_IGNORE_END\n}\n";
    expect(told("p10-7-return", "a.c", text)).toEqual(["f unknown may ignore what YY_USE returns"]);
  });

  test("knows a function with a type in capitals", () => {
    expect(told("p10-7-return", "a.c", "BOOL g(int);\nvoid f(void) { g(1); }\n")).toEqual([
      "f fail ignores what g returns",
    ]);
  });
});

describe("p10-9-pointer", () => {
  test("calls no pointer where a function is declared within another", () => {
    const text = "int f(int x) { extern int g(int); int h(void); return g(x) + h(); }";
    expect(told("p10-9-pointer", "a.c", text)).toEqual([]);
    expect(told("p10-1-recursion", "a.c", text)).toEqual([]);
  });

  test("calls one where a variable holds it", () => {
    const text = "int g(void);\nint f(void) { int (*p)(void) = g; return p(); }";
    expect(told("p10-9-pointer", "a.c", text)).toContain("f fail calls through a pointer: p");
  });
});

describe("p10-2-loop-bound", () => {
  const stream = "interface Graph<N> extends Iterable<readonly [number, N]> { readonly edges: Map<number, N>\n";

  test("takes no list for a stream because another declaration stands before its name", () => {
    const text = `${stream} all: number }\nconst f = (all: Map<number, string>) => { for (const one of all) use(one); };`;
    expect(told("p10-2-loop-bound", "a.ts", text)).toEqual([]);
  });

  test("takes no list for a stream because another function has a stream of its name", () => {
    const text =
      "const g = (all: Iterable<number>) => all;\nconst f = (all: Map<number, string>) => { for (const one of all) use(one); };";
    expect(told("p10-2-loop-bound", "a.ts", text)).toEqual([]);
  });

  test("cannot tell of a stream of the function around", () => {
    const text = "function f(all: Iterable<number>) { return () => { for (const one of all) use(one); }; }";
    expect(told("p10-2-loop-bound", "a.ts", text)).toEqual([
      "<anonymous> unknown loop whose bound cannot be told from its text",
    ]);
  });

  test("cannot tell where what holds the list is handed on in the loop", () => {
    const verdicts = (body: string): string[] =>
      told("p10-2-loop-bound", "a.ts", `function f(o) { for (const one of o.list) { ${body} } }`);
    const unknown = ["f unknown loop whose bound cannot be told from its text"];
    expect(verdicts("grow(o);")).toEqual(unknown);
    expect(verdicts("o.grow();")).toEqual(unknown);
    expect(verdicts("grow(one);")).toEqual([]);
  });

  test("cannot tell whether a floating-point counter gets beyond what it tells apart", () => {
    const loop = (type: string): string => `void f(void) { for (${type} x = 0; x < 40000000; x += 1) { } }`;
    expect(told("p10-2-loop-bound", "a.c", loop("float"))).toEqual([
      "f unknown loop whose bound cannot be told from its text",
    ]);
    expect(told("p10-2-loop-bound", "a.c", loop("double"))).toEqual([]);
    expect(told("p10-2-loop-bound", "a.c", loop("unsigned short"))).toEqual([
      "f fail loop without a bound: nothing it counts ends it",
    ]);
  });
});

describe("p10-3-alloc-after-init", () => {
  const allocations = (text: string): string[] => told("p10-3-alloc-after-init", "a.c", text);
  const MAKE = "char *make(int n) { return malloc(n); }\n";
  const FAIL = "make fail allocates by malloc outside initialisation";

  test("tells the function that allocates, and not all that call it", () => {
    const text = `${MAKE}char *copy(int n) { return make(n); }\nchar *f(int n) { return copy(n); }\n`;
    expect(allocations(text)).toEqual([FAIL]);
  });

  test("cannot let pass what calls an initialisation after the start, which main is", () => {
    const text = `void box_init(int n) { keep(malloc(n)); }\nvoid f(int n) { box_init(n); }\nint main(void) { box_init(1); return 0; }\n`;
    expect(allocations(text)).toEqual(["f unknown may allocate by a call of box_init outside initialisation"]);
  });

  test("cannot tell when what an initialisation hands on runs", () => {
    const text = "static int make(int n) { return keep(malloc(n)); }\nstatic int held(int n) { return make(n); }\n";
    expect(allocations(`${text}void app_init(void) { handOn(held); }\n`)).toEqual([
      "make unknown may allocate by malloc outside initialisation",
    ]);
    expect(allocations(`${text}void app_init(void) { held(1); }\n`)).toEqual([]);
  });

  test("cannot tell of a macro either", () => {
    const text =
      "#define NEW(n) malloc(n)\nstatic void held(int n) { keep(NEW(n)); }\nvoid app_init(void) { handOn(held); }\n";
    expect(allocations(text)).toEqual(["held unknown the macro NEW allocates"]);
  });

  test("goes by what a function does that is only named so", () => {
    const text = "int alloc_count(int n) { return n; }\nint f(int n) { return alloc_count(n); }\n";
    expect(allocations(text)).toEqual([]);
    expect(
      allocations(`${MAKE}char *my_alloc(int n) { return make(n); }\nchar *f(int n) { return my_alloc(n); }\n`),
    ).toEqual([FAIL, "f unknown may allocate by my_alloc outside initialisation"]);
  });

  test.each([
    [
      "copies a text",
      "char *f(char *s) { return zstrdup(s); }",
      ["f unknown may allocate by zstrdup outside initialisation"],
    ],
    ["asks how much was allocated", "int f(char *s) { return zmalloc_size(s); }", []],
    ["gives back", "void f(char *s) { (void)my_dealloc(s); }", []],
  ])("says what a name tells of a call that %s", (_name, text, expected) => {
    expect(allocations(text)).toEqual(expected);
  });
});
