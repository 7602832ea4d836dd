import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { judgePowerOfTen, type PowerOfTenInput } from "../../../../src/measure/power-of-ten/judge.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));

beforeAll(() => loadGrammars(["c"], GRAMMARS));

/** `function rule verdict blocks` of each finding but p10-5-assert. */
function judged(path: string, before: string | null, after: string, more: Partial<PowerOfTenInput> = {}): string[] {
  const findings = judgePowerOfTen({ files: [{ path, before, after }], others: [], enforce: false, ...more });
  return findings
    .filter(({ rule }) => rule !== "p10-5-assert")
    .map(
      (each) => `${each.function ?? "file"} ${each.message.split(":")[0] ?? ""} ${each.blocks ? "blocks" : "warns"}`,
    );
}

const WORK = "void work(void);\n";
const LOOPS = `${WORK}void f(void) { for (;;) work(); }\n`;
const RECURSES = "int g(int n) { return n ? g(n - 1) : 0; }\n";

describe("a change in C", () => {
  test.each([
    ["an endless loop", LOOPS, "f p10-2-loop-bound fail blocks"],
    ["recursion", RECURSES, "g p10-1-recursion fail blocks"],
    ["a jump", "int f(void) { goto out; out: return 1; }", "f p10-1-jump fail blocks"],
    ["an allocation", "char *f(void) { return malloc(3); }", "f p10-3-alloc-after-init fail blocks"],
    ["a long function", `${WORK}void f(void) {\n${"work();\n".repeat(60)}}`, "f p10-4-length fail blocks"],
    ["what is unknown", "void f(struct n *p) { while (p) p = p->next; }", "f p10-2-loop-bound unknown warns"],
    ["a global variable", "static int n;\nvoid f(void) { n = 1; }", "f p10-6-scope fail warns"],
  ])("that adds %s is judged", (_name, after, expected) => {
    expect(judged("src/a.c", null, after)).toEqual([expected]);
  });

  test("is judged by its changed functions alone", () => {
    expect(judged("src/a.c", LOOPS, `${LOOPS}int h(void) { return 1; }\n`)).toEqual([]);
    expect(judged("src/a.c", LOOPS, `/* moved down */\n\n${LOOPS}`)).toEqual([]);
  });

  test("may leave a function no worse than it was, and not worse", () => {
    const other = LOOPS.replace("work(); }", "(void)other(); }");
    expect(judged("src/a.c", LOOPS, other)).toEqual([]);
    expect(judged("src/a.c", LOOPS, `${WORK}void f(void) { for (;;) work(); for (;;) (void)other(); }\n`)).toEqual([
      "f p10-2-loop-bound fail blocks",
    ]);
  });

  test("may shorten a function that stays too long, and not lengthen it", () => {
    const long = (lines: number): string => `${WORK}void f(void) {\n${"work();\n".repeat(lines)}}\n`;
    expect(judged("src/a.c", long(80), long(70))).toEqual([]);
    expect(judged("src/a.c", long(70), long(80))).toEqual(["f p10-4-length fail blocks"]);
  });

  test("that closes a ring through a file nobody changed is found", () => {
    const others = [{ path: "src/b.c", text: "int f(int);\nint b(int n) { return f(n); }" }];
    const before = "int b(int);\nint f(int n) { return n; }";
    const after = "int b(int);\nint f(int n) { return b(n); }";
    expect(judged("src/a.c", before, after, { others })).toEqual(["f p10-1-recursion fail blocks"]);
    expect(judged("src/a.c", before, after)).toEqual([]);
  });

  test("in a test is not judged", () => {
    expect(judged("test/a.c", null, LOOPS)).toEqual([]);
  });

  test("that moves a function from elsewhere brings nothing new", () => {
    const all = new Set<string>();
    expect(judged("src/a.c", null, LOOPS, { elsewhere: { has: (hash) => all.add(hash).has(hash) } })).toEqual([]);
  });
});

describe("a change in TypeScript", () => {
  const after = "export function f(n: number): number { return f(n - 1); }\n";

  test("warns unless the plan enforces the rules", () => {
    expect(judged("src/a.ts", null, after)).toEqual(["f p10-1-recursion fail warns"]);
    expect(judged("src/a.ts", null, after, { enforce: true })).toEqual(["f p10-1-recursion fail blocks"]);
  });

  test("never takes what is unknown for a pass where the rules are enforced", () => {
    const unknown = "export function f(work: () => void): void { work(); }\n";
    expect(judged("src/a.ts", null, unknown, { enforce: true })).toEqual(["f p10-1-recursion unknown blocks"]);
  });

  test("names rule, function, line and remedy", () => {
    const [finding] = judgePowerOfTen({
      files: [{ path: "src/a.ts", before: null, after }],
      others: [],
      enforce: true,
    });
    expect(finding).toMatchObject({
      code: "ERROR_POWER_OF_TEN",
      rule: "p10-1-recursion",
      file: "src/a.ts",
      line: 1,
      function: "f",
      message: "p10-1-recursion fail: f: calls itself",
    });
    expect(finding?.remedy).toContain("@bound depth <= N");
  });

  test("finds a variable of the module in the file itself", () => {
    expect(judged("src/a.ts", "", "let n = 0;\nexport const m = n;\n")).toEqual(["file p10-6-scope fail warns"]);
    expect(judged("src/a.ts", "let n = 0;", "let n = 0;\nexport const m = n;\n")).toEqual([]);
  });
});
