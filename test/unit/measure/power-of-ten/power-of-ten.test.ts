import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { readFacts, type SourceText } from "../../../../src/measure/power-of-ten/analysis.js";
import { linkFiles } from "../../../../src/measure/power-of-ten/call-graph/link.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));

beforeAll(() => loadGrammars(["c", "cpp", "python", "go", "rust", "java"], GRAMMARS));

/** `function rule verdict` of every finding but p10-5-assert, functions in order, then the file's own. */
function found(...sources: SourceText[]): string[] {
  return linkFiles(sources.map(readFacts))
    .flatMap(({ measure, findings }) => [
      ...measure.functions.flatMap((one) => one.findings.map(({ rule, verdict }) => `${one.name} ${rule} ${verdict}`)),
      ...findings.map(({ rule, verdict }) => `file ${rule} ${verdict}`),
    ])
    .filter((line) => !line.includes("p10-5"));
}

const ts = (text: string): string[] => found({ path: "src/a.ts", text });
const c = (text: string): string[] => found({ path: "src/a.c", text });

describe("blocks behind macros of C", () => {
  test("are judged with the function that the macro made, or that they stand in", () => {
    const jump = "{ if (fd) goto out; out: return 0; }";
    expect(c(`SYSCALL_DEFINE2(read, int, fd)\n${jump}\n`)).toContain("SYSCALL_DEFINE2 p10-1-jump fail");
    expect(c(`int f(int fd)\n{\n  FOR_EACH (i) ${jump}\n  return 1;\n}\n`)).toEqual(["f p10-1-jump fail"]);
  });
});

describe("loops of ECMAScript", () => {
  test.each([
    ["counts up to what stays", "for (let i = 0; i < list.length; i += 1) use(list[i]);"],
    ["counts down", "for (let i = 9; i >= 0; i--) use(i);"],
    ["counts down in its condition", "while (n--) use(n);"],
    ["counts in the body", "while (i < 10 && more()) { use(i); i = i + 1; }"],
    ["shifts", "while (n > 0) { n >>= 1; }"],
    ["goes over a collection", "for (const one of list) use(one);"],
    ["goes over keys", "for (const key in map) use(key);"],
    ["runs once", "do { use(n); } while (false);"],
    ["takes from a list in every round", "while (list.length > 0) { const one = list.pop(); use(one); }"],
    ["leaves when it has counted enough", "for (;;) { n += 1; if (n > 9) return; use(n); }"],
    ["asserts what it counts", "for (let i = 1; ; i += 1) { assert(i <= 9); if (done()) return; }"],
    ["states its bound", "// @bound iterations <= 100: pages of one answer\nwhile (more()) use(1);"],
  ])("pass where the loop %s", (_name, loop) => {
    expect(ts(`function f(list, n, i, map) { ${loop} }`)).toEqual([]);
  });

  test.each([
    ["has no condition", "for (;;) use(n);"],
    ["is always true", "while (true) { if (more()) break; }"],
    ["compares nothing it counts", "for (;;) { if (n > 9) return; use(n); }"],
    ["compares its counter with what it moves", "let m = 0; for (;;) { n += 1; m += 2; if (n > m) return; }"],
    ["counts what it sets back", "for (;;) { n += 1; if (n > 9) return; n = 0; }"],
  ])("fail where the loop %s", (_name, loop) => {
    expect(ts(`function f(n) { ${loop} }`)).toEqual(["f p10-2-loop-bound fail"]);
  });

  test.each([
    ["waits for a condition", "while (more()) use(n);"],
    ["counts away from its bound", "for (let i = 0; i < n; i--) use(i);"],
    ["counts only sometimes", "while (n > 0) { if (more()) n -= 1; }"],
    ["moves its own bound", "for (let i = 0; i < n; i++) n += 1;"],
    ["sets its counter back", "for (let i = 0; i < n; i++) { if (more()) i = 0; }"],
    ["grows the list it goes over", "for (const one of list) list.push(one);"],
    ["compares with a list it grows", "for (let i = 0; i < list.length; i++) list.push(i);"],
    ["takes and adds", "while (list.length > 0) { list.push(list.pop()); }"],
    ["reads a stream", "for await (const one of list) use(one);"],
    ["is bounded on one side of an or alone", "for (let i = 0; i < n || more(); i++) use(i);"],
    ["leaves by its counter in one branch", "for (;;) { n += 1; if (more()) { if (n > 9) return; } }"],
  ])("are unknown where the loop %s", (_name, loop) => {
    expect(ts(`async function f(list, n) { ${loop} }`)).toEqual(["f p10-2-loop-bound unknown"]);
  });
});

describe("recursion in ECMAScript", () => {
  test.each([
    ["calls itself", "function f(n) { return n > 0 ? f(n - 1) : 0; }", ["f p10-1-recursion fail"]],
    [
      "calls itself through another",
      "function f() { g(); } function g() { f(); }",
      ["f p10-1-recursion fail", "g p10-1-recursion fail"],
    ],
    [
      "calls itself in a callback that runs now",
      "function f(n) { n.map((one) => f(one)); }",
      ["f p10-1-recursion fail"],
    ],
    ["is handed to a method that runs it", "function f(n) { n.forEach(f); }", ["f p10-1-recursion fail"]],
    ["calls its own method", "class A { m() { this.m(); } }", ["m p10-1-recursion fail"]],
    ["calls itself by its inner name", "const f = function g(n) { g(n); };", ["f p10-1-recursion fail"]],
    ["constructs itself", "class A { constructor() { new A(); } }", ["constructor p10-1-recursion fail"]],
    ["hands itself to what it does not know", "function f() { run(f); }", ["f p10-1-recursion unknown"]],
    [
      "calls a method of its name on something else",
      "class A { visit(o) { o.visit(); } }",
      ["visit p10-1-recursion unknown"],
    ],
    [
      "hands itself to a module that may run it later",
      'import * as Effect from "pkg"; function f(n) { return Effect.flatMap(n, f); }',
      ["f p10-1-recursion unknown"],
    ],
    [
      "hands on an object whose method calls it",
      'import { traverse } from "pkg"; function f(n) { traverse(n, { enter(one) { f(one); } }); }',
      ["f p10-1-recursion unknown", "enter p10-1-recursion unknown"],
    ],
    ["calls a parameter", "function f(work) { work(); }", ["f p10-1-recursion unknown"]],
    [
      "calls a variable of the module",
      "let cb; function f() { cb(); } function set() { cb = f; }",
      ["f p10-1-recursion unknown", "set p10-6-scope fail"],
    ],
    ["calls what is computed", "function f(o, k) { o[k](); }", ["f p10-1-recursion unknown", "f p10-9-pointer fail"]],
  ])("is found where a function %s", (_name, text, expected) => {
    expect(ts(text)).toEqual(expected);
  });

  test.each([
    ["a variable hides the name", "function f() { const f = other; return f; }"],
    ["a method has the name of what it calls", 'import { run } from "pkg"; const api = { run: () => run() };'],
    ["it runs when the stack is empty again", "function f() { setTimeout(() => f(), 9); }"],
    ["a built-in has the name", "class A { get(k) { return this.map.get(k); } }"],
    ["an object's method has the name of what it calls", "function make() { return { run: () => run() }; }"],
    ["something without a name is applied", "test(() => { make().apply(other); });"],
    ["a member has a name of the language's own", "function f(list) { return list[Symbol.iterator](); }"],
    ["the parent's method is meant", "class A extends B { m() { super.m(); } }"],
    ["a depth is stated", "/** Walks. @bound depth <= 12, the levels of a plan */\nfunction f(n) { f(n); }"],
  ])("is not where %s", (_name, text) => {
    expect(ts(text).filter((each) => !each.includes("p10-2-loop-bound"))).toEqual([]);
  });

  test("is found across files, through a file that exports again, and by what imports it under another name", () => {
    const files = [
      { path: "src/a.ts", text: 'import { step as next } from "./index.js"; export function walk() { next(); }' },
      { path: "src/index.ts", text: 'export * from "./b.js";' },
      { path: "src/b.ts", text: 'import { walk } from "./a.js"; export const step = () => walk();' },
    ];
    expect(found(...files)).toEqual(["walk p10-1-recursion fail", "step p10-1-recursion fail"]);
  });

  test("is found through a file that exports again by name", () => {
    const files = [
      { path: "src/a.ts", text: 'import { next } from "./index.js"; export default function walk() { next(); }' },
      { path: "src/index.ts", text: 'export { step as next } from "./b.js";' },
      { path: "src/b.ts", text: 'import walk from "./a.js"; export const step = () => walk();' },
    ];
    expect(found(...files)).toEqual(["walk p10-1-recursion fail", "step p10-1-recursion fail"]);
  });

  test("is found across files of CommonJS", () => {
    const files = [
      { path: "a.js", text: 'const b = require("./b"); exports.walk = function () { b.step(); };' },
      {
        path: "b.js",
        text: 'const { walk } = require("./a.js"); function step() { walk(); } module.exports = { step };',
      },
    ];
    expect(found(...files)).toEqual(["exports.walk p10-1-recursion fail", "step p10-1-recursion fail"]);
  });
});

describe("other rules in ECMAScript", () => {
  test.each([
    [
      "a labelled jump",
      "function f(a) { out: for (const x of a) for (const y of x) { if (y) continue out; } }",
      "f p10-1-jump fail",
    ],
    ["a module's variable that is set", "let n = 0; function f() { n += 1; }", "f p10-6-scope fail"],
    [
      "a module's variable that a local hides",
      "let n = 0; function f() { let n = 1; n += 1; }",
      "file p10-6-scope fail",
    ],
    ["a module's variable nobody sets", "let n = 0; function f() { return n; }", "file p10-6-scope fail"],
    ["a promise that floats", "async function g() {} function f() { g(); }", "f p10-7-return fail"],
    ["eval", 'function f() { eval("1"); }', "f p10-8-preproc fail"],
    ["new Function", 'function f() { return new Function("1"); }', "f p10-8-preproc fail"],
    ["an import of a variable", "function f(x) { return import(x); }", "f p10-8-preproc fail"],
    ["a silenced compiler", "function f() {\n  // @ts-ignore\n  return 1;\n}", "f p10-10-warnings fail"],
    [
      "as many at once as there are",
      "function f(l) { return Promise.all(l.map((x) => x)); }",
      "f p10-3-alloc-after-init unknown",
    ],
    ["a long function", `function f() {\n${"use();\n".repeat(59)}}`, "f p10-4-length fail"],
  ])("see %s", (_name, text, expected) => {
    expect(ts(text)).toEqual([expected]);
  });

  test.each([
    ["a constant", "const n = 0; function f() { return n; }"],
    ["a local of the same name", "const x = 1; function f() { let n = 0; n += 1; return n + x; }"],
    ["a promise that is awaited", "async function g() {} async function f() { await g(); }"],
    ["an import of text", 'function f() { return import("x"); }'],
    ["calls by names that every object has", "function f(x) { return [valueOf(x), toString(x), constructor(x)]; }"],
    ["a function of 60 lines", `function f() {\n${"use();\n".repeat(58)}}`],
  ])("let %s pass", (_name, text) => {
    expect(ts(text)).toEqual([]);
  });

  test("see a cache of the module, and whether it is bounded", () => {
    const cache = (bound: string): string => `const cache = new Map(); function f(k) { ${bound} cache.set(k, 1); }`;
    expect(ts(cache(""))).toEqual(["f p10-3-alloc-after-init fail", "f p10-6-scope fail"]);
    expect(ts(cache("if (cache.size > 9) cache.clear();"))).toEqual(["f p10-6-scope fail"]);
  });

  test("count assertions on average over functions that decide something", () => {
    const asserts = (text: string): number[] =>
      linkFiles([readFacts({ path: "a.ts", text })])[0]?.measure.functions.map(
        ({ findings }) => findings.filter(({ rule }) => rule === "p10-5-assert").length,
      ) ?? [];
    expect(asserts("function f(a) { if (a) use(a); }")).toEqual([1]);
    expect(asserts("function f(a) { assert(a); invariant(a > 1); return a ? 1 : 2; }")).toEqual([0]);
    expect(asserts("function f(a) { if (!a) throw new Error(); planSchema.parse(a); }")).toEqual([0]);
    expect(asserts("function f(a) { return a; }")).toEqual([0]);
    const checked = "function f(a) { assert(a); assert(a > 1); assert(a < 9); return a ? 1 : 2; }";
    expect(asserts(`${checked} function g(a) { assert(a); return a ? 1 : 2; }`)).toEqual([0, 0]);
  });
});

describe("C", () => {
  test.each([
    [
      "a loop whose bound a comment states",
      "void work(void);\nvoid f(void) {\n  /* @bound iterations <= 3 */\n  for (;;) work();\n}",
      ["f p10-2-loop-bound fail"],
    ],
    ["goto", "int f(void) { goto out; out: return 1; }", ["f p10-1-jump fail"]],
    ["setjmp", "int f(void) { return setjmp(place); }", ["f p10-1-jump fail"]],
    ["a loop without an end", "void work(void);\nvoid f(void) { for (;;) work(); }", ["f p10-2-loop-bound fail"]],
    ["while (1)", "void f(void) { while (1) { if (done()) break; } }", ["f p10-2-loop-bound fail"]],
    ["a walk along a list", "void f(struct n *p) { while (p) p = p->next; }", ["f p10-2-loop-bound unknown"]],
    ["recursion", "int f(int n) { return n ? f(n - 1) : 0; }", ["f p10-1-recursion fail"]],
    [
      "recursion whose depth a comment states",
      "/* @bound depth <= 3 */\nint f(int n) { return f(n); }",
      ["f p10-1-recursion fail"],
    ],
    [
      "recursion through a macro that is taken back later",
      "#define AGAIN(n) f((n) - 1)\nint f(int n) { return AGAIN(n); }\n#undef AGAIN\n",
      ["f p10-1-recursion fail", "file p10-8-preproc fail"],
    ],
    [
      "that a macro is taken back, and no recursion through it",
      "#define open(p) my_open(p)\n#undef open\nint my_open(char *p) { return open(p); }",
      ["file p10-8-preproc fail"],
    ],
    [
      "recursion through a macro",
      "#define AGAIN(n) f((n) - 1)\nint f(int n) { return AGAIN(n); }",
      ["f p10-1-recursion fail"],
    ],
    [
      "a call through a parameter",
      "int f(int (*g)(int)) { return g(1); }",
      ["f p10-1-recursion unknown", "f p10-9-pointer fail", "f p10-9-pointer fail"],
    ],
    [
      "a call through a member",
      "int f(struct s *s) { return s->g(1); }",
      ["f p10-1-recursion unknown", "f p10-9-pointer fail"],
    ],
    [
      "a call through a variable of the file",
      "static int (*cb)(void);\nint f(void) { return cb(); }\nvoid set(void) { cb = f; }",
      [
        "f p10-1-recursion unknown",
        "f p10-9-pointer fail",
        "set p10-6-scope fail",
        "set p10-9-pointer fail",
        "file p10-9-pointer fail",
      ],
    ],
    ["malloc", "char *f(void) { return malloc(3); }", ["f p10-3-alloc-after-init fail"]],
    ["a variable of the file", "static int n;\nvoid f(void) { n = 1; }", ["f p10-6-scope fail"]],
    ["a pointer of the file to constants", 'const char *s = "a";', ["file p10-6-scope fail"]],
    ["a result nobody looks at", "int g(void);\nvoid f(void) { g(); }", ["f p10-7-return fail"]],
    ["a result of the library", "void f(int d) { write(d, 0, 0); }", ["f p10-7-return fail"]],
    ["token pasting", "#define GLUE(a, b) a##b\n", ["file p10-8-preproc fail"]],
    ["a macro of any number of arguments", "#define LOG(...) log(__VA_ARGS__)\n", ["file p10-8-preproc fail"]],
    [
      "conditional compilation in a function",
      "void g(void);\nvoid f(void) {\n#if A\n  g();\n#endif\n}",
      ["f p10-8-preproc fail"],
    ],
    ["a pointer behind a pointer", "int f(int **p) { return **p; }", ["f p10-9-pointer fail"]],
    ["two steps along pointers", "int f(struct s *p) { return p->q->r; }", ["f p10-9-pointer fail"]],
  ])("sees %s", (_name, text, expected) => {
    expect(c(text)).toEqual(expected);
  });

  test.each([
    ["a counting loop", "void work(int);\nvoid f(int n) { int i; for (i = 0; i < n; ++i) work(i); }"],
    ["do while (0)", "void work(void);\nvoid f(void) { do { work(); } while (0); }"],
    [
      "allocation while it initialises",
      "void keep(char *);\nstatic char *make(void) { return malloc(3); }\nvoid app_init(void) { keep(make()); }",
    ],
    [
      "constants, prototypes and what is elsewhere",
      'const int n = 1; extern int m; int g(void); static const char *const s = "a";',
    ],
    ["a result discarded on purpose", "int g(void);\nvoid f(void) { (void)g(); }"],
    ["a function that returns nothing", "static void g(void) {}\nvoid f(void) { g(); }"],
    ["an attribute before void", "NORETURN void die(int n);\nvoid f(void) { die(1); }"],
    ["a guard", "#ifndef A_H\n#define A_H\nint g(void);\n#endif\n"],
  ])("lets %s pass", (_name, text) => {
    expect(c(text)).toEqual([]);
  });

  test("finds recursion through a macro whose name another file defines otherwise", () => {
    const files = [
      { path: "a.c", text: "#define AGAIN(n) f((n) - 1)\nint f(int n) { return AGAIN(n); }" },
      { path: "b.c", text: "#define AGAIN(n) work(n)\nint g(int n) { return AGAIN(n); }" },
    ];
    expect(found(...files)).toEqual(["f p10-1-recursion fail"]);
  });

  test("keeps static functions of one name in several files apart", () => {
    const files = [
      { path: "a.c", text: "int up(void);\nstatic int step(void) { return up(); }\nint a(void) { return step(); }" },
      {
        path: "b.c",
        text: "int a(void);\nstatic int step(void) { return a(); }\nint up(void) { return 1; }\nint b(void) { return step(); }",
      },
    ];
    expect(found(...files)).toEqual([]);
  });

  test("takes no static function of another file for what a file calls", () => {
    const files = [
      { path: "a.c", text: "int f(void) { return step(); }" },
      { path: "b.c", text: "int f(void);\nstatic int step(void) { return f(); }\nint b(void) { return step(); }" },
    ];
    expect(found(...files)).toEqual([]);
  });

  test("finds a ring across files", () => {
    const files = [
      { path: "a.c", text: "int b(int);\nint a(int n) { return b(n); }" },
      { path: "b.c", text: "int a(int);\nint b(int n) { return a(n); }" },
    ];
    expect(found(...files)).toEqual(["a p10-1-recursion fail", "b p10-1-recursion fail"]);
  });

  test("says unknown of a function it cannot read", () => {
    expect(c("int f(void) {\n  return (a b c(1) d(2));\n}")).toContain("f p10-1-recursion unknown");
  });
});

describe("the other languages", () => {
  test.each([
    ["C++", "a.cpp", "struct A { int m(int n) { return m(n - 1); } };", ["m p10-1-recursion fail"]],
    ["C++", "a.cpp", "struct A { int m(int n) { return m(n, 1); } int m(int n, int k) { return n + k; } };", []],
    ["C++", "a.cpp", "int *f() { return new int(1); }", ["f p10-3-alloc-after-init fail"]],
    [
      "C++",
      "a.cpp",
      "void use(int); void f(V &v) { for (auto &x : v) use(x); for (auto i = v.begin(); i != v.end(); ++i) use(*i); }",
      [],
    ],
    ["Python", "a.py", "def f(n):\n    return f(n - 1)\n", ["f p10-1-recursion fail"]],
    ["Python", "a.py", "class A:\n    def m(self):\n        self.m()\n", ["m p10-1-recursion fail"]],
    ["Python", "a.py", "def f():\n    while True:\n        work()\n", ["f p10-2-loop-bound fail"]],
    ["Python", "a.py", "def f(i):\n    while i < 9:\n        i += 1\n    for x in range(3):\n        work(x)\n", []],
    ["Python", "a.py", "n = 0\ndef f():\n    global n\n    n = 1\n", ["f p10-6-scope fail"]],
    ["Python", "a.py", 'def f():\n    exec("1")\n', ["f p10-8-preproc fail"]],
    ["Go", "a.go", "package p\nfunc f(n int) int { return f(n - 1) }\n", ["f p10-1-recursion fail"]],
    ["Go", "a.go", "package p\nfunc (t *T) m() { t.m() }\n", ["m p10-1-recursion fail"]],
    ["Go", "a.go", "package p\nfunc f() { for { work() } }\n", ["f p10-2-loop-bound fail"]],
    [
      "Go",
      "a.go",
      "package p\nfunc f(n int, xs []int) { for i := 0; i < n; i++ { work(i) }\nfor _, x := range xs { work(x) } }\n",
      [],
    ],
    ["Go", "a.go", "package p\nfunc f() { goto L\nL: work() }\n", ["f p10-1-jump fail"]],
    ["Rust", "a.rs", "fn f(n: i32) -> i32 { f(n - 1) }", ["f p10-1-recursion fail"]],
    ["Rust", "a.rs", "impl T { fn m(&self) { self.m() } }", ["m p10-1-recursion fail"]],
    ["Rust", "a.rs", "fn f() { loop { work(); } }", ["f p10-2-loop-bound fail"]],
    ["Rust", "a.rs", "fn f() { for x in 0.. { work(x); } }", ["f p10-2-loop-bound fail"]],
    ["Rust", "a.rs", "fn f(n: i32) { let mut i = 0; while i < n { i += 1; } for x in 0..n { work(x); } }", []],
    ["Rust", "a.rs", "static mut N: i32 = 0;", ["file p10-6-scope fail"]],
    ["Java", "A.java", "class A { int m(int n) { return m(n - 1); } }", ["m p10-1-recursion fail"]],
    ["Java", "A.java", "class A { int m(int n) { return m(n, 1); } int m(int n, int k) { return n; } }", []],
    ["Java", "A.java", "class A { void m() { while (true) { work(); } } }", ["m p10-2-loop-bound fail"]],
    [
      "Java",
      "A.java",
      "class A { void m(int n) { for (int i = 0; i < n; i++) { work(i); } for (int x : xs) { work(x); } } }",
      [],
    ],
    [
      "Java",
      "A.java",
      "class A { void m() { out: for (int i = 0; i < 3; i++) { break out; } } }",
      ["m p10-1-jump fail"],
    ],
    ["Java", "A.java", "class A { static int n = 1; static final int K = 2; }", ["file p10-6-scope fail"]],
  ])("%s in %s: %s", (_language, path, text, expected) => {
    expect(found({ path, text })).toEqual(expected);
  });
});
