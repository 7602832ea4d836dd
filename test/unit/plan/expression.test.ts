import { describe, expect, it } from "vitest";
import { type ExpressionContext, evaluate, evaluateCondition, interpolate } from "../../../src/plan/expression.js";

const files = {
  exist: (path: string) => path === "docs/DESIGN.md",
  read: (path: string) => (path === "a.md" ? "text" : undefined),
};
const context: ExpressionContext = {
  tasks: { "LC-000": { status: "DONE", outputs: { client: "fetch", list: [1, 2, 3], empty: "", none: null } } },
  phases: { execute: { status: "DONE" } },
  steps: { write: { status: "done", outputs: { n: 2.5 } } },
  with: { client: "fetch" },
  inputs: { concurrency: 8 },
  now: { weekday: 5, hour: 16 },
  files,
};

/** Value of an evaluation; fails the test when it is an error. */
function valueOf(expression: string): unknown {
  const result = evaluate(expression, context);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

/** Error of an evaluation; fails the test when it is a value. */
function errorOf(expression: string, given = context): string {
  const result = evaluate(expression, given);
  if (result.ok) throw new Error(`expected an error, got ${JSON.stringify(result.value)}`);
  return result.error;
}

describe("evaluate", () => {
  it.each([
    ["tasks['LC-000'].status == 'DONE'", true],
    ["files.exist('docs/DESIGN.md')", true],
    ["files.exist('docs/OTHER.md')", false],
    ["files.read('a.md')", "text"],
    ["phases.execute.status == 'DONE'", true],
    ["has(steps.write.outputs.newDependency)", false],
    ["!(now.weekday == 5 && now.hour >= 15)", false],
    ["inputs.concurrency + 1", 9],
    ["steps.write.outputs.n * 2.0", 5],
    ["tasks['LC-000'].outputs.list.map(x, x * 2)", [2, 4, 6]],
    ["{'a': {'b': 1}}", { a: { b: 1 } }],
    ["timestamp('2024-01-01T00:00:00Z')", "2024-01-01T00:00:00.000Z"],
    ["${{ with.client }}", "fetch"],
    ["null", null],
  ])("gives %s the value %j", (expression, value) => {
    expect(valueOf(expression)).toEqual(value);
  });

  it.each([
    ["1 +", "EOF"],
    ["nothing", "Unknown variable"],
    ["tasks.X.status", "No such key"],
    ["tasks.constructor", "No such key"],
    ["'a'.matches('(a+)+$')", "not offered"],
    ["cel.bind(x, 'a', x + x)", "not offered"],
    ["[1].map(x, [2].map(y, y))", "inside another"],
    ["files.read('nope.md')", "does not exist"],
    ["files.read('../secret')", "escapes"],
    ["files.exist('/etc/passwd')", "absolute"],
    ["'a' + 1", "no such overload"],
    ["1.0 / 0.0", "finite"],
    ["9223372036854775807", "out of range"],
    ["b'abc'", "plain value"],
    [`'${"x".repeat(5_000)}'`, "longer than"],
    [`${"(".repeat(200)}1${")".repeat(200)}`, ""],
    [`${"!".repeat(200)}true`, ""],
  ])("gives %s an error value", (expression, part) => {
    expect(errorOf(expression)).toContain(part);
  });

  it("stops after a bounded number of file reads", () => {
    expect(
      errorOf("tasks['LC-000'].outputs.list.all(x, files.exist('docs/DESIGN.md'))", {
        ...context,
        tasks: { "LC-000": { status: "DONE", outputs: { list: Array.from({ length: 30 }, () => 1) } } },
      }),
    ).toContain("file reads");
  });

  it("refuses values beyond its bounds instead of growing", () => {
    expect(errorOf("with.list", { with: { list: Array.from({ length: 2_000 }, () => 1) } })).toContain("members");
    expect(errorOf("with.text", { with: { text: "x".repeat(300_000) } })).toContain("too long");
    let deep: unknown = 1;
    for (let level = 0; level < 100; level += 1) deep = [deep];
    expect(errorOf("with.deep", { with: { deep } })).toContain("deep");
    const half = "x".repeat(200_000);
    expect(errorOf("with.a + with.a", { with: { a: half } })).toContain("too long");
    expect(errorOf("files.read('big')", { files: { exist: () => true, read: () => "x".repeat(300_000) } })).toContain(
      "too long",
    );
  });

  it("does not see what is not given: a missing variable is an error, not an empty value", () => {
    expect(errorOf("result.client", {})).toContain("Unknown variable");
  });
});

describe("evaluateCondition", () => {
  it("accepts only true and false", () => {
    expect(evaluateCondition("1 == 1", {})).toEqual({ ok: true, value: true });
    expect(evaluateCondition("'yes'", {})).toEqual({ ok: false, error: "'yes': a condition must be true or false" });
    expect(evaluateCondition("nope", {}).ok).toBe(false);
  });
});

describe("interpolate", () => {
  it("keeps the type of a template that is one expression", () => {
    expect(interpolate("${{ tasks['LC-000'].outputs.list }}", context)).toEqual({ ok: true, value: [1, 2, 3] });
    expect(interpolate("${{ inputs.concurrency }}", context)).toEqual({ ok: true, value: 8 });
  });

  it("joins text and values, other than text as JSON", () => {
    const template = "use ${{ with.client }} with ${{ inputs.concurrency }} and ${{ {'a': [1, 2]} }}.";
    expect(interpolate(template, context)).toEqual({ ok: true, value: 'use fetch with 8 and {"a":[1,2]}.' });
  });

  it("is not confused by braces and quotes inside an expression", () => {
    expect(interpolate("<${{ {'a': {'b': '}}'}}['a']['b'] }}>", context)).toEqual({ ok: true, value: "<}}>" });
    expect(interpolate('${{ "a\\"}}" }}', context)).toEqual({ ok: true, value: 'a"}}' });
  });

  it("passes a text without expressions through", () => {
    expect(interpolate("plain $ {{ text }}", context)).toEqual({ ok: true, value: "plain $ {{ text }}" });
    expect(interpolate("", context)).toEqual({ ok: true, value: "" });
  });

  it("makes missing or empty context an error (REQUIREMENTS 111)", () => {
    expect(interpolate("x ${{ tasks['LC-000'].outputs.empty }}", context).ok).toBe(false);
    expect(interpolate("${{ tasks['LC-000'].outputs.none }}", context).ok).toBe(false);
    expect(interpolate("${{ tasks['LC-000'].outputs.missing }}", context).ok).toBe(false);
    expect(interpolate("${{ with.client", context)).toEqual({ ok: false, error: "'${{' is not closed by '}}'" });
    expect(interpolate("${{ {'a': 1} }", context).ok).toBe(false);
  });

  it("bounds the text it makes", () => {
    const long = { with: { a: "x".repeat(200_000) } };
    expect(interpolate("${{ with.a }}${{ with.a }}", long)).toEqual({
      ok: false,
      error: "the resulting text is too long",
    });
  });
});
