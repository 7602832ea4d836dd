import { describe, expect, it } from "vitest";
import type { Language } from "../../../../src/measure/language.js";
import { listsOfGo, ownIterators } from "../../../../src/measure/power-of-ten/loop/stream-index.js";

const LONG = "/* long */ ".repeat(400);

describe("what a text says of streams, however long what stands between", () => {
  it.each<[Language, string, string[]]>([
    ["typescript", "class A { [Symbol.iterator]() {} } class B { a() {} }", ["A"]],
    ["typescript", `class A { ${"x".repeat(1_997)}[Symbol.asyncIterator]() {} }`, ["A"]],
    ["java", `class A ${LONG} implements Iterator<B> { } class B { Iterator<A> a; }`, ["A"]],
    ["cpp", `class A { ${"int a;\n".repeat(900)} int *begin(); }; struct B; struct C { int c; };`, ["A"]],
    ["rust", "impl Iterator for A {} fn f<B: C + D + E + F + G + H + I + J + K + L + Iterator>(b: B) {}", ["A", "B"]],
    ["rust", `fn f<A: ${"a::".repeat(90)}Iterator>(a: A) -> B::C {}`, ["A"]],
  ])("names its own iterators: %s", (language, text, names) => {
    expect([...ownIterators(text, language)]).toEqual(names);
  });

  it("names the lists of Go, and no functions, whatever their receiver", () => {
    const text = `var a = []int{1}\nvar b []string\nvar c []int\nfunc (t /* ${"x".repeat(600)} */ T) b() {}\nfunc c() {}\n`;
    const lists = listsOfGo(text);
    expect(["a", "b", "c"].filter((name) => lists.has(name))).toEqual(["a"]);
  });
});
