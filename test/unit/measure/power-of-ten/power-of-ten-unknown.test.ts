import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { readFacts } from "../../../../src/measure/power-of-ten/analysis.js";
import { linkFiles } from "../../../../src/measure/power-of-ten/call-graph/link.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));

beforeAll(() => loadGrammars(["c", "cpp", "python", "go", "rust", "java"], GRAMMARS));

/** Rules with a finding on a text, whatever its verdict. */
function rulesOf(path: string, text: string): string[] {
  const linked = linkFiles([readFacts({ path, text })]);
  return linked.flatMap(({ measure, findings }) => [
    ...measure.functions.flatMap((one) => one.findings.map(({ rule }) => rule)),
    ...findings.map(({ rule }) => rule),
  ]);
}

/** What cannot be told from the text, or is hidden in it, by rule: none of it passes without a word. */
const HIDDEN: Readonly<Record<string, readonly (readonly [path: string, what: string, text: string])[]>> = {
  "p10-1-recursion": [
    ["a.ts", "tagged template", "function f(s) { return f`x`; }"],
    ["a.ts", "call via array element", "const table = [f]; function f() { table[0](); }"],
    ["a.ts", "module const holding func reference", "const g = f; function f() { g(); }"],
    ["a.ts", "const by conditional", "const g = x ? f : other; function f() { g(); }"],
    ["a.ts", "const by call (wrapper)", "const g = memo(f); function f() { g(); }"],
    ["a.ts", "const from call of curried", "const g = memo((n) => g(n - 1));"],
    ["a.ts", "new this.constructor", "class A { constructor() { new this.constructor(); } }"],
    ["a.ts", "import dynamic self", 'export async function f() { (await import("./a.js")).f(); }'],
    ["a.ts", "arguments.callee", "function f() { arguments.callee(); }"],
    ["a.tsx", "JSX component", "function Tree() { return <Tree />; }"],
    ["a.c", "extern pointer", "extern int (*hook)(int); int f(int n) { return hook(n); }"],
    ["a.c", "object macro alias", "#define G f\nint f(int n) { return G(n); }"],
    ["a.c", "callback in struct initializer", "int f(int n) { struct ops o = { .run = f }; return go(&o); }"],
    ["a.c", "asm call", 'int f(int n) { __asm__("call f"); return n; }'],
    ["a.cpp", "ctor", "struct A { A() { A a; } };"],
    ["a.py", "sorted key", "def f(n):\n    return sorted(n, key=f)"],
    ["a.py", "import from other", "from a import f as g\ndef f():\n    g()"],
    ["a.py", "constructor", "class A:\n    def __init__(self):\n        self.k = A()"],
    ["a.go", "generic", "package p\nfunc f[T any](n T) { f[T](n) }"],
    ["a.rs", "macro", "macro_rules! again { () => { f() } } fn f() { again!(); }"],
    ["a.rs", "macro arg", 'fn f() { println!("{}", f()); }'],
    ["a.rs", "static fn", "static G: fn() = f; fn f() { G(); }"],
    ["a.rs", "field call", "fn f(s: S) { (s.g)(); }"],
    ["A.java", "lambda field", "class A { Runnable r = () -> r.run(); }"],
    ["A.java", "method ref", "class A { void m(L l) { l.forEach(this::m); } }"],
    ["A.java", "this()", "class A { A() { this(1); } A(int n) { this(); } }"],
    ["A.java", "reflection", 'class A { void m() throws Exception { getClass().getMethod("m").invoke(this); } }'],
    ["A.java", "functional param", "class A { void m(Runnable r) { r.run(); } }"],
  ],
  "p10-2-loop-bound": [
    [
      "a.ts",
      "counter set in called closure",
      "function f() { let i = 0; const reset = () => { i = 0; }; while (i < 9) { i++; reset(); } }",
    ],
    ["a.ts", "continue skips step", "function f(n) { let i = 0; while (i < n) { if (odd()) continue; i++; } }"],
    ["a.ts", "float step 0", "function f(n, step) { for (let i = 0; i < n; i += step) use(i); }"],
    ["a.ts", "step minus neg", "function f(n) { for (let i = 0; i < n; i += 0) use(i); }"],
    ["a.ts", "i *= with 0", "function f(n) { for (let i = 0; i < n; i *= 2) use(i); }"],
    ["a.ts", "bound is call", "function f() { for (let i = 0; i < limit(); i++) use(i); }"],
    ["a.ts", "i != n", "function f(n) { for (let i = 0; i !== n; i += 2) use(i); }"],
    ["a.ts", "bound infinity", "function f() { for (let i = 0; i < Infinity; i++) use(i); }"],
    ["a.ts", "shadowed counter", "function f(n) { let i = 0; while (i < n) { { let i = 0; i++; } } }"],
    ["a.ts", "conditional try", "function f(n) { let i = 0; while (i < n) { try { work(); i++; } catch { } } }"],
    ["a.ts", "catch counter", "function f(n) { let i = 0; while (i < n) { try { work(); } catch { i++; } } }"],
    ["a.ts", "nullish step", "function f(n) { let i = 0; while (i < n) { ok() ?? i++; } }"],
    ["a.c", "macro loop", "#define FOREVER for (;;)\nint f(int n) { FOREVER { work(); } return 1; }"],
    ["a.c", "macro while", "#define LOOP(x) while (1) { x; }\nint f(int n) { LOOP(work()) return 1; }"],
    ["a.c", "unknown macro block", "int f(int n) { list_for_each(p, head) { work(p); } return 1; }"],
    ["a.c", "unsigned down", "void f(unsigned n) { for (unsigned i = n; i >= 0; i--) use(i); }"],
    ["a.c", "alias", "void f(int n) { int i, *q = &i; for (i = 0; i < n; i++) *q = 0; }"],
    ["a.c", "address passed", "void f(int n) { int i; for (i = 0; i < n; i++) scan(&i); }"],
    ["a.c", "float", "void f(float n) { float i; for (i = 0; i < n; i += 0.0) work(); }"],
    ["a.c", "global bound changed in call", "int n; void f(void) { int i; for (i = 0; i < n; i++) grow(); }"],
    ["a.py", "for over generator", "def f(g):\n    for x in g():\n        use(x)"],
    ["a.py", "iter sentinel", "def f(g):\n    for x in iter(g, None):\n        use(x)"],
    ["a.py", "async for", "async def f(g):\n    async for x in g:\n        use(x)"],
    ["a.py", "comprehension infinite", "from itertools import count\ndef f():\n    return [x for x in count()]"],
    [
      "a.py",
      "continue skip",
      "def f(n):\n    i = 0\n    while i < n:\n        if odd():\n            continue\n        i += 1",
    ],
    ["a.go", "range channel", "package p\nfunc f(c chan int) { for x := range c { use(x) } }"],
    ["a.rs", "for in repeat", "fn f() { for x in std::iter::repeat(1) { use_(x); } }"],
    ["a.rs", "macro loop", "fn f() { spin!(); }"],
    ["A.java", "for iterable", "class A { void m(Iterable<X> i) { for (X x : i) use(x); } }"],
  ],
  "p10-6-scope": [
    ["a.ts", "exported const object mutated", "export const state = { n: 0 }; export function f() { state.n += 1; }"],
    ["a.ts", "globalThis", "export function f() { globalThis.n = 1; }"],
    ["a.ts", "implicit global", "export function f() { n = 1; }"],
    ["a.ts", "namespace let", "namespace N { export let n = 0; }"],
    ["a.ts", "class static field", "class A { static n = 0; m() { A.n += 1; } }"],
    ["a.c", "extern write", "extern int n; void f(void) { n = 1; }"],
    ["a.py", "class attribute", "class A:\n    n = 0\n    def m(self):\n        A.n += 1"],
    ["a.py", "module attr", "import mod\ndef f():\n    mod.x = 1"],
    ["a.py", "globals()", 'def f():\n    globals()["x"] = 1'],
    ["a.rs", "static atomic/mutex", "static N: Mutex<i32> = Mutex::new(0);"],
    ["a.rs", "thread_local", "thread_local! { static N: Cell<i32> = Cell::new(0); }"],
  ],
  "p10-7-return": [
    ["a.ts", "and", "async function g() {} function f(a) { a && g(); }"],
    ["a.ts", "ternary", "async function g() {} function f(a) { a ? g() : 0; }"],
    ["a.ts", "comma", "async function g() {} function f(a) { a(), g(); }"],
    ["a.ts", "declared promise type", "function g(): Promise<void> { return x; } function f() { g(); }"],
    ["a.c", "macro call", "void f(void) { CHECKED(1); }"],
    ["a.c", "unknown function", "void f(void) { other(); }"],
    ["a.c", "through pointer", "void f(int (*g)(void)) { g(); }"],
    ["a.c", "comma", "int g(void); void f(void) { g(), g(); }"],
    ["a.c", "ternary", "int g(void); void f(int a) { a ? g() : 0; }"],
    ["a.c", "&&", "int g(void); void f(int a) { a && g(); }"],
    ["a.c", "for header", "int g(void); void f(int n) { for (g(); n; n--) work(); }"],
    ["a.c", "fclose", "void f(FILE *p) { fclose(p); }"],
    ["a.py", "not awaited", "async def g():\n    pass\ndef f():\n    g()"],
    ["a.go", "ignored err", "package p\nfunc g() error { return nil }\nfunc f() { g() }"],
    ["a.rs", "ignored", "fn g() -> Result<(), ()> { Ok(()) } fn f() { g(); }"],
    ["A.java", "ignored", "class A { boolean g() { return true; } void m() { g(); } }"],
  ],
  "p10-8-preproc": [
    ["a.ts", "indirect eval", 'function f() { (0, eval)("1"); }'],
    ["a.ts", "globalThis.eval", 'function f() { globalThis.eval("1"); }'],
    ["a.ts", "window eval alias", 'function f() { const e = eval; e("1"); }'],
    ["a.ts", "constructor.constructor", 'function f() { return f.constructor("return 1")(); }'],
    ["a.ts", "vm", 'import vm from "node:vm"; function f(s) { vm.runInThisContext(s); }'],
    ["a.ts", "createRequire", "function f(n) { module.require(n); }"],
    ["a.c", "recursive macro unbalanced", "#define BEGIN {"],
    ["a.c", "include of a macro", "#include HEADER"],
    ["a.py", "compile", 'def f(s):\n    return compile(s, "a", "exec")'],
    ["a.py", "builtins.eval", "import builtins\ndef f(s):\n    return builtins.eval(s)"],
  ],
  "p10-9-pointer": [
    ["a.ts", "apply computed", "function f(o, k) { o[k].call(o); }"],
    ["a.c", "p[0][1]", "int f(int **p) { return p[0][1]; }"],
    ["a.c", "a->b[0]->c", "int f(struct s *p) { return p->b[0]->c; }"],
    ["a.c", "(*p).q->r", "int f(struct s *p) { return (*p).q->r; }"],
    ["a.c", "function pointer call by name", "int f(int (*g)(int)) { return g(1); }"],
    ["a.c", "macro hiding deref", "#define NEXT(p) (p)->next->next\nint f(struct s *p) { return NEXT(p); }"],
    ["a.c", "*p++ in **", "int f(int **p) { return *(*p)++; }"],
    ["a.c", "p->q.r->s", "int f(struct s *p) { return p->q.r->s; }"],
    ["a.py", "computed", "def f(o, n):\n    return o[n]()"],
    ["a.go", "double", "package p\nfunc f(p **int) int { return **p }"],
    ["a.rs", "unsafe deref", "fn f(p: *const *const i32) -> i32 { unsafe { **p } }"],
  ],
  "p10-1-jump": [
    ["a.c", "asm goto", 'int f(int n) { asm goto("jmp %l0" : : : : out); out: return n; }'],
    ["a.c", "macro with goto", "#define BAIL goto out\nint f(int n) { if (n) BAIL; out: return 1; }"],
    [
      "a.c",
      "function macro with goto",
      "#define CHECK(x) do { if (x) goto out; } while (0)\nint f(int n) { CHECK(n); out: return 1; }",
    ],
    ["a.c", "macro longjmp", "#define THROW(e) longjmp(env, e)\nint f(int n) { THROW(n); return 1; }"],
  ],
  "p10-3-alloc-after-init": [
    ["a.c", "macro", "#define NEW(n) malloc(n)\nchar *f(void) { return NEW(3); }"],
    ["a.c", "object macro", "#define xalloc malloc\nchar *f(void) { return xalloc(3); }"],
  ],
};

describe.each(Object.entries(HIDDEN))("%s is not passed over", (rule, rows) => {
  test.each(rows)("in %s: %s", (path, _what, text) => {
    expect(rulesOf(path, text)).toContain(rule);
  });
});

describe("p10-2-loop-bound passes where the text tells the bound", () => {
  test.each([
    ["a.ts", "for (let i = 0; i < list.length; i++) use(list[i]);"],
    ["a.ts", "for (let i = 0; i !== n; i++) use(i);"],
    ["a.ts", "for (let i = 0; i < n; i += 2) use(i);"],
    ["a.ts", "for (let i = 0; i < Math.min(n, 9); i++) { if (odd(i)) continue; use(i); }"],
    ["a.ts", "for (const [key, value] of Object.entries(map)) use(key, value);"],
    ["a.ts", "for (const one of list.filter(Boolean)) { for (const two of one) { if (two) continue; } }"],
    ["a.ts", "let i = 0; while (i < n) { i++; for (const one of list) { if (one) continue; } }"],
    ["a.ts", "let i = 0; const note = () => { seen = true; }; while (i < n) { i++; note(); }"],
  ])("in %s: %s", (path, loop) => {
    const text = `function f(list, n, map) { let seen; ${loop} }`;
    expect(rulesOf(path, text)).not.toContain("p10-2-loop-bound");
  });

  test.each([
    ["a.c", "void f(int n) { int i; for (i = n; i >= 0; i--) (void)work(i); }"],
    ["a.c", "void f(const char *s) { size_t i; for (i = 0; i < strlen(s); i++) (void)work(i); }"],
    ["a.cpp", "void f(V &v) { for (auto i = v.begin(); i != v.end(); ++i) use(*i); }"],
    ["a.py", "def f(n):\n    for i in range(len(n)):\n        if i:\n            continue\n        use(i)\n"],
    [
      "a.go",
      "package p\nfunc f(xs []int) { for i := 0; i < len(xs); i++ { use(xs[i]) }; for _, x := range xs { use(x) } }",
    ],
    ["a.rs", "fn f(v: Vec<i32>) { for x in v.iter().take(3) { use_(x); } for y in &v { use_(y); } }"],
    ["a.ts", "const seen = []; function mark(x) { seen.push(x); } function f(list) { for (const x of list) mark(x); }"],
    ["a.ts", "class A { l = []; o = []; m() { for (const x of this.l) this.keep(x); } keep(x) { this.o.push(x); } }"],
    ["a.ts", "class A { n = 1; m() { for (let i = 0; i < this.n; i++) this.look(); } look() { return this.n; } }"],
    ["a.ts", "function f(l) { for (let i = 0; i < l.length; i++) l[i] = 0; }"],
    ["a.ts", "function f(list: readonly number[]) { for (const x of list) use(list, x); }"],
    ["a.ts", "function f(list) { const [a, ...rest] = list; return [a, ...rest, ...list.map(use), ...{ ...a }]; }"],
    ["a.ts", "run(function* () { yield* wait(); }); function* f(list) { const got = yield* wait(); yield* list; }"],
    ["a.py", "def f(l, *args):\n    a, *rest = l.split()\n    return use(*args, sum(x for x in l), max(g(), 1))"],
    ["a.rs", "fn f(v: &[u32]) -> Vec<u32> { for (i, x) in (0..).zip(v.iter()) { use_(i); } (0..).take(5).collect() }"],
    ["A.java", "class A { void m() { Stream.generate(() -> 1).limit(5).forEach(x -> use(x)); } }"],
    [
      "a.c",
      "int f(int n) { int tries = 0; again: if (work(n)) { if (++tries < 9) goto again; } goto out; out: return 0; }",
    ],
    ["a.c", "int f(int n) { if (n) goto sent; failed: (void)end(); return 1; sent: (void)note(); goto failed; }"],
    ["a.c", "void f(void) { unsigned char i; for (i = 0; i < 200; i++) (void)work(i); }"],
    ["a.c", "void f(short n) { int i; for (i = 0; i < n; i++) (void)work(i); }"],
    ["a.c", "void f(const struct s *p) { int i; for (i = 0; i < p->n; i++) (void)look(p); }"],
    ["a.c", "void f(unsigned n) { while (n != 0) n >>= 1; }"],
    ["a.c", "void f(char *p, const char *end) { for (; p < end; p++) *p = 0; }"],
    ["a.cpp", "void f(int n) { int t = 0; for (int i = 0; i < n; i++) { const int &k = i; t += k; } }"],
    ["a.go", "package p\nfunc f(xs []int) []int { for _, x := range xs { xs = append(xs, x) }; return xs }"],
    ["A.java", "class A { int i; void m(int n) { for (this.i = 0; this.i < n; this.i++) { } } }"],
    ["A.java", "class A { void m(List<X> l) { for (int i = 0; i < l.size(); i++) use(i); for (X x : l) use(x); } }"],
  ])("in %s: %s", (path, text) => {
    expect(rulesOf(path, text)).not.toContain("p10-2-loop-bound");
  });
});

describe("what is told by its text passes", () => {
  test.each([
    ["p10-6-scope", "a.ts", "function f() { function g() {} g.n = 1; const o = {}; o.a = 1; this.b = 2; }"],
    ["p10-6-scope", "a.c", "void f(int *p, struct s *q) { int a[3]; *p = 1; q->n = 2; a[0] = 3; }"],
    ["p10-6-scope", "a.go", 'package p\nfunc f(m map[string]int) { m["a"] = 1; x := 2; x = 3; _ = x }'],
    ["p10-6-scope", "a.py", "def f(d):\n    d[0] = 1\n    x = {}\n    x['a'] = 2\n"],
    ["p10-7-return", "a.ts", "async function g() {} async function f(a) { a && (await g()); void g(); return g(); }"],
    [
      "p10-7-return",
      "a.c",
      "int g(void); void h(void); int f(int a) { h(); (void)g(); if (g()) free(0); return a ? g() : 0; }",
    ],
    ["p10-7-return", "a.go", "package p\nfunc g() {}\nfunc f() { g() }"],
    ["p10-8-preproc", "a.c", "#define MAX(a, b) ((a) > (b) ? (a) : (b))\n#define OPEN '('\n#include <stdio.h>\n"],
    ["p10-8-preproc", "a.ts", "class A { constructor() { super(); } m(api) { return api.eval('x'); } }"],
    ["p10-9-pointer", "a.c", "int f(struct s *p, int *q) { return p->a.b + q[1] + *q; }"],
    ["p10-1-jump", "a.c", "#define RETRY(x) do { (void)(x); } while (0)\nint f(int n) { RETRY(n); return n; }"],
    ["p10-2-loop-bound", "a.c", "#define RETRY(x) do { (void)(x); } while (0)\nint f(int n) { RETRY(n); return n; }"],
    ["p10-3-alloc-after-init", "a.c", "#define NEW(n) malloc(n)\nvoid app_init(void) { (void)NEW(3); }"],
    ["p10-1-recursion", "a.ts", "const make = () => 1; const other = class { m() { return make(); } };"],
    ["p10-1-recursion", "a.ts", "export const f = (a: number): number =>\n  (a + 1) as number;\n"],
    ["p10-1-recursion", "a.rs", 'fn f(n: i32) { println!("{}", n); assert_eq!(n, 1); }'],
  ])("%s in %s: %s", (rule, path, text) => {
    expect(rulesOf(path, text)).not.toContain(rule);
  });

  test("a function whose text the rules do not find is unknown", () => {
    const { measure, ...facts } = readFacts({ path: "a.ts", text: "function f() { return 1; }" });
    const [linked] = linkFiles([{ measure, ...facts, functions: [] }]);
    expect(linked?.measure.functions[0]?.findings.map(({ rule, verdict }) => `${rule} ${verdict}`)).toEqual([
      "p10-1-jump unknown",
      "p10-1-recursion unknown",
      "p10-2-loop-bound unknown",
      "p10-3-alloc-after-init unknown",
    ]);
  });

  test("calls of which nothing is known are named once", () => {
    const [linked] = linkFiles([readFacts({ path: "a.c", text: "void f(void) { a(); b(); c(); }" })]);
    expect(linked?.measure.functions[0]?.findings.map(({ message }) => message)).toEqual(["may ignore what a returns"]);
  });
});
