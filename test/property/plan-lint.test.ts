import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseYaml } from "../../src/plan/document.js";
import { evaluate, interpolate } from "../../src/plan/expression.js";
import { type LoadedPlan, loadPlan } from "../../src/plan/load-plan.js";

const PLAN = readFileSync(fileURLToPath(new URL("../../plans/linkcheck.yaml", import.meta.url)), "utf8");
const data = parseYaml(PLAN).data as Record<string, unknown>;

/** Every fault has a place in the text, a code and a message. */
function expectSound({ faults }: LoadedPlan, text: string): void {
  const lines = text.split("\n").length + 1;
  for (const fault of faults) {
    expect(fault.line).toBeGreaterThanOrEqual(1);
    expect(fault.line).toBeLessThanOrEqual(lines);
    expect(fault.column).toBeGreaterThanOrEqual(1);
    expect(fault.code).toMatch(/^[a-z-]+$/);
    expect(fault.message).not.toBe("");
  }
}

/** Paths of every member of the plan's data. */
function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== "object") return [path];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return [path, ...keys.flatMap((key) => pathsOf((value as Record<string | number, unknown>)[key], [...path, key]))];
}

/** A copy with the member at `path` replaced, or left out when `value` is undefined. */
function replaced(path: readonly (string | number)[], value: unknown): unknown {
  const copy = structuredClone(data);
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>((at, key) => at[key] as Record<string | number, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

const paths = pathsOf(data);

describe("loadPlan never throws and always says where", () => {
  it("on any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => expectSound(loadPlan(text, "p.yaml"), text)),
      { numRuns: 200 },
    );
  });

  it("on any data written as YAML", () => {
    const any = fc.anything({ maxDepth: 4, values: [fc.string(), fc.double(), fc.boolean(), fc.constant(null)] });
    const plan = fc.record({
      apiVersion: fc.constant("worknode/v1"),
      kind: fc.constant("Plan"),
      id: fc.string(),
      title: any,
      phases: any,
      agents: any,
      triggers: any,
    });
    fc.assert(
      fc.property(fc.oneof(any, plan), (value) => {
        const text = stringify(value) ?? "";
        expectSound(loadPlan(text, "p.yaml"), text);
      }),
      { numRuns: 200 },
    );
  });

  it("on a sound plan with any one member replaced or missing", () => {
    const value = fc.oneof(
      fc.constant(undefined),
      fc.constant(null),
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant([]),
      fc.constant({}),
      fc.constant(["x"]),
      fc.constant({ x: 1 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths.slice(1)), value, (path, member) => {
        const text = stringify(replaced(path, member));
        expectSound(loadPlan(text, "p.yaml"), text);
      }),
      { numRuns: 120 },
    );
  });

  it("on a sound plan cut or changed anywhere", () => {
    fc.assert(
      fc.property(fc.nat(PLAN.length), fc.string({ maxLength: 8 }), fc.nat(12), (at, put, take) => {
        const text = PLAN.slice(0, at) + put + PLAN.slice(at + take);
        expectSound(loadPlan(text, "p.yaml"), text);
      }),
      { numRuns: 120 },
    );
  });
});

describe("expressions are total", () => {
  const piece = fc.constantFrom(
    "tasks",
    ".",
    "[",
    "]",
    "(",
    ")",
    "'a'",
    "1",
    "2.5",
    "==",
    "&&",
    "!",
    "has(",
    "files.read(",
    "x",
    "{",
    "}",
    ",",
    "?",
    ":",
    "map(",
    "-",
    " ",
    "${{",
    "}}",
    '"',
    "\\",
  );
  it("evaluate and interpolate answer with a value or an error for any text", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.array(piece, { maxLength: 30 }).map((parts) => parts.join("")),
    );
    const context = {
      tasks: { a: { status: "DONE", outputs: { x: [1, { y: 2 }] } } },
      files: { exist: () => true, read: () => "t" },
    };
    fc.assert(
      fc.property(text, (expression) => {
        for (const result of [evaluate(expression, context), interpolate(expression, context)]) {
          if (result.ok) JSON.stringify(result.value);
          else expect(typeof result.error).toBe("string");
        }
      }),
      { numRuns: 600 },
    );
  });
});
