import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseEcmaScript, type SyntaxNode } from "../../../src/measure/ecmascript/ecmascript-parse.js";
import { shapeOf } from "../../../src/measure/ecmascript/node-shape.js";
import { isPassedOver } from "../../../src/measure/ecmascript/syntax-token.js";
import type { FunctionMeasure } from "../../../src/measure/file-measure.js";
import { languageOf } from "../../../src/measure/language.js";
import { lineTable } from "../../../src/measure/line-table.js";
import { measureFigures, measureSource } from "../../../src/measure/source.js";

interface Vectors {
  cases: { name: string; path: string; text: string; functions: [number, number][] }[];
}
const vectors = JSON.parse(readFileSync(new URL("../../vectors/measure-js.json", import.meta.url), "utf8")) as Vectors;

const functionsOf = (text: string, path = "src/a.ts"): FunctionMeasure[] => measureSource(path, text).functions;
const named = (text: string, name: string, path?: string): FunctionMeasure => {
  const found = functionsOf(text, path).find((one) => one.qualified_name === name);
  if (found === undefined) throw new Error(`no function ${name}`);
  return found;
};
const names = (text: string, path?: string): string[] => functionsOf(text, path).map((one) => one.qualified_name);
const body = (lines: number): string => Array.from({ length: lines }, (_, index) => `  call(${index});`).join("\n");

describe("complexity", () => {
  it("has vectors to be held to", () => expect(vectors.cases.length).toBeGreaterThan(40));

  it.each(vectors.cases)("is ESLint's for $name", ({ path, text, functions }) => {
    const measured = measureSource(path, text);
    expect(measured.parse).toBe("ok");
    const figures = measured.functions.map((one) => [one.line, one.complexity] as [number, number]);
    expect(figures.sort((a, b) => a[0] - b[0] || a[1] - b[1])).toEqual(functions);
  });
});

describe("the walk", () => {
  const texts = [
    ...vectors.cases,
    ...readdirSync("src", { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => ({ path, text: readFileSync(`src/${path}`, "utf8") })),
  ];

  it("passes over no member that holds something which runs", () => {
    const passed = new Set<string>();
    let seen = 0;
    // one tree at a time: all of them together are more to collect than to walk
    for (const { path, text } of texts) {
      const nodes = nodesOf(parseEcmaScript(path, text, languageOf(path) ?? "typescript", lineTable(text)).program);
      seen += nodes.length;
      for (const node of nodes) {
        const { keys, empty } = shapeOf(node);
        const left = Object.keys(node).filter((key) => !isPassedOver(key, false) && (empty || !keys.includes(key)));
        for (const key of left) if ([node[key]].flat().some(isNode)) passed.add(`${node.type}.${key}`);
      }
    }
    expect(seen).toBeGreaterThan(100_000);
    expect([...passed]).toEqual(["Program.hashbang"]); // a comment
  });

  it("finds the same figures with the hashes of tokens and without", () => {
    for (const { path, text } of texts.slice(0, 120)) {
      const { functions, executable: _, ...rest } = measureSource(path, text);
      const bare = functions.map(({ token_hash, ...figures }) => {
        expect(token_hash).toMatch(/^[0-9a-f]{64}$/);
        return figures;
      });
      expect(measureFigures(path, text)).toEqual({ ...rest, functions: bare });
    }
  });
});

/** Every node of a tree but those of types, whatever the walk makes of them. */
function nodesOf(program: SyntaxNode): SyntaxNode[] {
  const nodes = [program];
  for (const node of nodes)
    for (const [key, member] of Object.entries(node))
      if (typeof member === "object" && member !== null && !isPassedOver(key, false))
        nodes.push(...[member].flat().filter(isNode));
  return nodes;
}

function isNode(value: unknown): value is SyntaxNode {
  return value !== null && typeof value === "object" && "type" in value && "start" in value;
}

describe("names", () => {
  it("ask for documentation of members, not of callbacks in what is spread among them", () => {
    const text = "const o = { m: () => 1, ...mixin(() => 2), ...(() => ({}))() };";
    const all = functionsOf(text).map(({ qualified_name, named }) => [qualified_name, named]);
    expect(all).toEqual([
      ["o.m", true],
      ["o.<anonymous>", false],
      ["o.<anonymous>", false],
    ]);
  });

  it("tell where a function stands", () => {
    const text = `
      function outer() { function inner() {} const g = () => 1; return () => g(inner); }
      export const f = () => 1;
      class A { m() { return () => 1; } static #p() {} get x() { return 1; } set x(v) {} y = () => 1; static {} }
      const o = { m() {}, n: { deep: () => 1 }, "quoted key": function () {}, 7: () => 1, ["c" + 1]() {} };
      exports.h = function () {};
      A.prototype.q = function named() {};
      this.z = () => 1;
      list[0] = () => 1;
      const K = class { m() {} };
      call(function tick() {}, () => 1);
      const wrapped = (() => 1) as Fn, sat = (() => 1) satisfies Fn;
      function d(cb = () => 1) {}
    `;
    expect(names(text).join(" ; ")).toBe(
      "outer ; outer.inner ; outer.g ; outer.<anonymous> ; f ; " +
        "A.m ; A.m.<anonymous> ; A.#p ; A.x ; A.x ; A.y ; A.static ; " +
        "o.m ; o.n.deep ; o.quoted key ; o.7 ; o.[computed] ; " +
        "exports.h ; A.prototype.q ; this.z ; <anonymous> ; K.m ; tick ; <anonymous> ; " +
        "wrapped ; sat ; d ; d.cb",
    );
  });

  it("call default exports default, and classes without a name <class>", () => {
    expect(names("export default () => 1;")).toEqual(["default"]);
    expect(names("export default function () {}")).toEqual(["default"]);
    expect(names("export default class { m() {} }")).toEqual(["default.m"]);
    expect(names("export default { m() {} };")).toEqual(["default.m"]);
    expect(names("call(class { m() {} });")).toEqual(["<class>.m"]);
  });

  it("are told apart by order where they are equal", () => {
    const found = functionsOf("class A { get x() { return 1; } set x(v) {} }\nclass B { x() {} }");
    expect(found.map((one) => [one.qualified_name, one.order])).toEqual([
      ["A.x", 0],
      ["A.x", 1],
      ["B.x", 0],
    ]);
  });

  it("survive long targets and computed ones", () => {
    expect(names("a.b.c.d.e.f.g.h.i.j.k = () => 1;")).toEqual(["<anonymous>"]);
    expect(names("a[b].c = () => 1;")).toEqual(["<anonymous>"]);
  });
});

describe("position", () => {
  it("is where the function's own text starts, modifiers included, decorators not", () => {
    const text = "class A {\n  @d()\n  @e()\n  async m(\n    a,\n  ) {\n    return a;\n  }\n  static s() {}\n}";
    expect(named(text, "A.m")).toMatchObject({ line: 4, body_line: 6, end_line: 8, parameters: 1 });
    expect(named(text, "A.s")).toMatchObject({ line: 9, end_line: 9 });
  });

  it("counts every kind of line end", () => {
    for (const end of ["\n", "\r\n", "\r", "\u2028", "\u2029"])
      expect(named(`let a;${end}function f() {${end}  return 1;${end}}${end}`, "f")).toMatchObject({
        line: 2,
        end_line: 4,
        length: 3,
      });
  });

  it("gives the file's lines", () => {
    expect(measureSource("a.ts", "").lines).toBe(0);
    expect(measureSource("a.ts", "a").lines).toBe(1);
    expect(measureSource("a.ts", "a\nb\n").lines).toBe(2);
    expect(measureSource("a.md", "a\nb\n").lines).toBe(2);
  });
});

describe("length", () => {
  it("is 60 for 60 lines and 61 for 61", () => {
    expect(named(`function f() {\n${body(58)}\n}`, "f").length).toBe(60);
    expect(named(`function f() {\n${body(59)}\n}`, "f").length).toBe(61);
  });

  it("leaves out nested functions with their comments, and what merely closes them", () => {
    const text = `function f() {
  a();
  /** Inner.
   * More. */
  function g() {
${body(50)}
  }
  const h = () => {
${body(40)}
  };
  call(x, () => {
${body(30)}
  });
  return g;
}`;
    expect(named(text, "f").length).toBe(6);
    expect(named(text, "f.g").length).toBe(52);
    expect(named(text, "f.h").length).toBe(42);
  });

  it("counts a line once that several nested functions share", () => {
    expect(named("function f() {\n  return [() => {\n    a();\n  }, () => {\n    b();\n  }];\n}", "f").length).toBe(4);
  });

  it("keeps class members inside a function apart and field initialisers with it", () => {
    const text = `function f() {\n  return class {\n    m() {\n${body(10)}\n    }\n    x = {\n      a: 1,\n    };\n  };\n}`;
    expect(named(text, "f").length).toBe(7);
  });

  it("looks through field initialisers for the functions in them", () => {
    const text = `function f() {\n  return class {\n    x = wrap(() => {\n${body(10)}\n    });\n  };\n}`;
    expect(named(text, "f").length).toBe(5);
  });

  it("keeps lines on which functions merely begin and end", () => {
    expect(named("function f() {\n  return a.map((b) => b).filter((c) => c);\n}", "f").length).toBe(3);
  });

  it("is at least one", () => {
    expect(named("const f = () => () => 1;", "f").length).toBe(1);
    expect(named("test(() => [() => 1, () => {\n}]);", "<anonymous>", "a.test.ts").length).toBe(1);
  });

  it("counts every own line, and in a test those that hold code", () => {
    const said = "\n \t\r\n  // why\n  /* a\n\n   * b */\n  /* c */ // d\n";
    const text = `function f() {${said}${body(10)}${said}}`;
    expect(named(text, "f").length).toBe(text.split("\n").length);
    expect(named(text, "f", "src/a.tst.ts").length).toBe(text.split("\n").length);
    for (const path of ["src/a.test.ts", "test/a.ts"]) expect(named(text, "f", path).length).toBe(12);
  });

  it("counts in a test a line with code before, between or behind comments, and what only looks like one", () => {
    const length = (text: string): number => named(`function f() {\n${text}\n}`, "f", "src/a.test.ts").length;
    expect(length("  a(); // a\n  /* b */ b();\n  /*\n */ c(); /*\n */")).toBe(5);
    expect(length("  /* a */ a() /* b */")).toBe(3);
    expect(length("  return `\n// a\n/* b */\n* c\n`;")).toBe(7);
    expect(length("\u00a0")).toBe(3);
  });

  it("is read in time where every line is blank or a comment", () => {
    const text = `function f() {\n${"\n".repeat(200_000)}${"/**/\n".repeat(20_000)}${"/**/".repeat(20_000)}\n}`;
    expect(named(text, "f", "src/a.test.ts").length).toBe(2);
  });

  it("of a test's block leaves out the lines on which tests in it start, and no other file's", () => {
    const block = `describe("all", () => {\n  prepare();\n${'  it("does", () => {\n    a();\n  });\n\n'.repeat(40)}});\n`;
    expect(measureSource("src/a.test.ts", block).functions[0]?.length).toBe(3);
    expect(measureSource("src/a.ts", block).functions[0]?.length).toBe(83);
    const rows = `describe("all", () => {\n${"  list(1, () => 1);\n".repeat(40)}  call();\n});\n`;
    expect(measureSource("src/a.test.ts", rows).functions[0]?.length).toBe(43);
    const shared = "run(() => {\n  a(() => {\n    b();\n  }, () => {\n    c();\n  }, 10);\n});\n";
    expect(measureSource("src/a.test.ts", shared).functions[0]?.length).toBe(3);
  });
});

describe("documentation", () => {
  const isDocumented = (text: string, name: string, path?: string): boolean => named(text, name, path).documented;

  it("is a comment directly before the function, its export or its declaration", () => {
    expect(isDocumented("/** Does. */\nfunction f() {}", "f")).toBe(true);
    expect(isDocumented("/** Does. */\nexport function f() {}", "f")).toBe(true);
    expect(isDocumented("/** Does. */\nexport default function () {}", "default")).toBe(true);
    expect(isDocumented("/** Does. */\nexport const f = () => 1;", "f")).toBe(true);
    expect(isDocumented("/** Does. */\nconst f = wrap as Fn, g = function () {};", "g")).toBe(false);
    expect(isDocumented("const f = 1,\n  /** Does. */\n  g = function () {};", "g")).toBe(true);
    expect(isDocumented("// Does this\n// and that.\nfunction f() {}", "f")).toBe(true);
    expect(isDocumented("class A {\n  /** Does. */\n  @d() m() {}\n}", "A.m")).toBe(true);
    expect(isDocumented("class A {\n  /** Does. */\n  f = () => 1;\n}", "A.f")).toBe(true);
    expect(isDocumented("const o = {\n  /** Does. */\n  m() {},\n};", "o.m")).toBe(true);
    expect(isDocumented("/** Does. */\nexports.f = function () {};", "exports.f", "a.cjs")).toBe(true);
    expect(isDocumented("let a; /** Does. */ function f() {}", "f")).toBe(true);
  });

  it("is not a comment further up, one of the line before, or one with nothing to say", () => {
    expect(isDocumented("/** Of the file. */\n\nfunction f() {}", "f")).toBe(false);
    expect(isDocumented("let a; // about a\nfunction f() {}", "f")).toBe(false);
    expect(isDocumented("/** */\nfunction f() {}", "f")).toBe(false);
    expect(isDocumented("// ----\nfunction f() {}", "f")).toBe(false);
    expect(isDocumented("function f() { /** Inside. */ }", "f")).toBe(false);
    expect(isDocumented("function f() {}\n/** After. */", "f")).toBe(false);
  });

  it("is not a directive to a tool, but may stand above one", () => {
    expect(isDocumented("// eslint-disable-next-line no-x\nfunction f() {}", "f")).toBe(false);
    expect(isDocumented("/* istanbul ignore next */\nfunction f() {}", "f")).toBe(false);
    expect(isDocumented("/** Does. */\n// @ts-expect-error wrong\nfunction f() {}", "f")).toBe(true);
  });

  it("of one overload, accessor or class counts for its implementation, twin or constructor", () => {
    expect(isDocumented("/** Does. */\nfunction f(a: string): void;\nfunction f(a: any) {}", "f")).toBe(true);
    expect(isDocumented("class A {\n  /** Does. */\n  m(a: 1): void;\n  m(a: any) {}\n}", "A.m")).toBe(true);
    expect(
      functionsOf("class A {\n  /** Does. */\n  get x() { return 1; }\n  set x(v) {}\n}").map((one) => one.documented),
    ).toEqual([true, true]);
    expect(isDocumented("/** An A. */\nexport class A { constructor() {} }", "A.constructor")).toBe(true);
    expect(isDocumented("/** An A. */\nconst A = class { constructor() {} };", "A.constructor")).toBe(true);
    expect(isDocumented("class A { constructor() {} }", "A.constructor")).toBe(false);
  });

  it("is asked of named functions, not of callbacks and options", () => {
    const text = `
      function a() { const inner = () => 1; const local = { cb() {} }; }
      const b = () => 1, c = { m() {} };
      class D { m() {} f = () => 1; }
      exports.e = () => 1;
      call(() => 1, function tick() {}, { option() {} });
      export default () => 1;
    `;
    const asked = functionsOf(text).map((one) => [one.qualified_name, one.named]);
    expect(asked.filter(([, is]) => is === true).map(([name]) => name)).toEqual([
      "a",
      "a.inner",
      "b",
      "c.m",
      "D.m",
      "D.f",
      "exports.e",
      "default",
    ]);
  });

  it("reads long runs of comments", () => {
    expect(isDocumented(`${"// word word\n".repeat(500)}function f() {}`, "f")).toBe(true);
  });
});

describe("the token hash", () => {
  const hashOf = (text: string, name: string, path?: string): string => named(text, name, path).token_hash;
  const original = hashOf("function f(a) { if (a === 'x') { return g(a, [1, /r/g, 2n, `t${a}`]); } }", "f");

  it("does not see white space, comments, quotes or the function's own name", () => {
    expect(
      hashOf('/** D. */ export function h(a)\n{\n if(a==="x"){return g(a,[1,/r/g,2n,`t${a}`,],)} // c\n}', "h"),
    ).toBe(original);
    expect(hashOf("const k = function (a) { if (a === 'x') { return g((a), [1, /r/g, 2n, `t${a}`]); } }", "k")).toBe(
      original,
    );
    expect(hashOf("class A { m(a) { if (a === 'x') { return g(a, [1, /r/g, 2n, `t${a}`]); } } }", "A.m")).toBe(
      original,
    );
  });

  it.each([
    "if (a == 'x') { return g(a, [1, /r/g, 2n, `t${a}`]); }",
    "if (a === 'y') { return g(a, [1, /r/g, 2n, `t${a}`]); }",
    "if (a === 'x') { return g(a, [1, /q/g, 2n, `t${a}`]); }",
    "if (a === 'x') { return g(a, [1, /r/i, 2n, `t${a}`]); }",
    "if (a === 'x') { return g(a, [1, /r/g, 3n, `t${a}`]); }",
    "if (a === 'x') { return g(a, [1, /r/g, 2n, `u${a}`]); }",
    "if (a === 'x') { return g(a, [1, /r/g, 2n], `t${a}`); }",
    "if (a === 'x') { return g(a, [true, /r/g, 2n, `t${a}`]); }",
    "if (a === 'x') return g(a, [1, /r/g, 2n, `t${a}`]);",
    "if (a === 'x') { g(a, [1, /r/g, 2n, `t${a}`]); }",
  ])("sees %s", (text) => {
    expect(hashOf(`function f(a) { ${text} }`, "f")).not.toBe(original);
  });

  it("tells async, generators, arrows, and what is within nested functions", () => {
    const hashes = [
      "function f() { return 1; }",
      "async function f() { return 1; }",
      "function* f() { return 1; }",
      "function f() { return () => 1; }",
      "function f() { return () => 2; }",
      "function f() { return function () { return 1; }; }",
      "function f() { function g() { return 1; } }",
      "function f() { function h() { return 1; } }",
      "const f = () => { return 1; };",
      "const f = () => 1;",
    ].map((text) => hashOf(text, "f"));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("does not see types, which run nothing", () => {
    const bare = hashOf("function f(a) { return a(a); }", "f");
    const typed = "function f<T>(a?: T): T { return (<any>a!)<T>((a as any) satisfies T); }";
    expect(hashOf(typed, "f")).toBe(bare);
    expect(hashOf(`${typed}\n@d class A {}`, "f")).toBe(bare);
  });
});

describe("lines coverage can be asked of", () => {
  it("are those on which statements start, and bodies that are expressions", () => {
    const text = `"use strict";
import a from "a";
interface X { y: string }
type Z = X | 1;
let declared: number;
declare const ambient: string;
const b = 1;
export function f(
  c: string,
) {
  if (c) {
    return 1;
  }
  throw c;
}
class A { x: string; y = 2;
  z?: number }
const g = () =>
  a;
export { b };`;
    expect(measureSource("a.ts", text).executable).toEqual([7, 11, 12, 14, 16, 18, 19]);
    expect(
      measureSource("types.d.ts", "export interface X { y: string }\ndeclare function f(): void;").executable,
    ).toEqual([]);
  });
});

describe("text that cannot be read", () => {
  it("is failed, with the place", () => {
    const measured = measureSource("a.ts", "const a = 1;\nconst b = ;\n");
    expect(measured).toMatchObject({ parse: "failed", functions: [], errors: [{ line: 2 }] });
    expect(measureSource("a.js", "function f() {").parse).toBe("failed");
  });

  it("is partial where something could be read", () => {
    const measured = measureSource("a.ts", "function f() { return 1; }\nreturn 2;\n");
    expect(measured.parse).toBe("partial");
    expect(measured.errors).toHaveLength(1);
    expect(measured.functions).toHaveLength(1);
  });

  it("is read as a script, a module, CommonJS or JSX, whichever it is", () => {
    for (const text of [
      "return 1;",
      "with (a) b;",
      "await 1; export {};",
      "var o = 010;",
      "x = <a/>;",
      "#!/usr/bin/env node\na;",
    ])
      expect(measureSource("a.js", text).errors).toEqual([]);
    expect(measureSource("a.cjs", "return 1;").parse).toBe("ok");
    expect(measureSource("a.mjs", "await 1;").parse).toBe("ok");
  });

  it("of a language that is not measured has no figures and no error", () => {
    expect(measureSource("a.md", "# {{{")).toMatchObject({ language: null, parse: "ok", functions: [], errors: [] });
  });

  it.each(["\u0000", "\ud800", "const a = '\ufeff';", "/*", "`${", "<!--", "\\", "}{", "class A { #", "a\u2028b"])(
    "never throws: %j",
    (text) => {
      for (const path of ["a.js", "a.ts", "a.tsx"]) expect(() => measureSource(path, text)).not.toThrow();
    },
  );
});
