import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z as library } from "zod";
import { parseYaml } from "../../../../../src/plan/document.js";
import { planSchema } from "../../../../../src/schema/plan.js";
import { z as plain } from "../../../../../src/surface/check/single/plain-schema.js";
import { PLANS } from "../plans.js";

type Words = typeof plain;
const whole = library as unknown as Words;

/** A schema, made of the words that are given. */
const SCHEMAS: readonly ((z: Words) => ReturnType<Words["string"]>)[] = [
  (z) => z.string(),
  (z) => z.string().min(1).max(3),
  (z) => z.string().trim().min(1),
  (z) =>
    z
      .string()
      .max(4)
      .regex(/^[a-c]+$/),
  (z) => z.number(),
  (z) => z.number().min(0).max(1),
  (z) => z.number().positive(),
  (z) => z.int().min(1),
  (z) => z.boolean().default(true),
  (z) => z.unknown(),
  (z) => z.literal(0).default(0),
  (z) => z.enum(["a", "b"]).optional(),
  (z) => z.string().nullable().default(null),
  (z) => z.array(z.int()).min(1).max(2),
  (z) => z.array(z.string()).default(() => ["x"]),
  (z) => z.record(z.string().regex(/^[ab]/), z.int()),
  (z) => z.record(z.string(), z.unknown()).optional(),
  (z) => z.union([z.int(), z.string().trim()]),
  (z) => z.object({ a: z.string().optional(), b: z.int().default(1) }),
  (z) => z.strictObject({ a: z.unknown().optional(), b: z.int().default(1) }).prefault({}),
  (z) => z.strictObject({ a: z.strictObject({ b: z.int().optional() }).prefault({ b: 2 }) }),
  (z) =>
    z.discriminatedUnion("a", [
      z.strictObject({ a: z.literal("a"), b: z.int().default(1) }),
      z.strictObject({ a: z.literal("b"), b: z.string() }),
    ]),
  (z) =>
    z.string().transform((text: string, context) => {
      if (text === "a") context.addIssue(...([{ code: "custom", message: "no" }] as unknown as []));
      return { text };
    }),
  (z) => z.array(z.int().transform((value: number) => value + 1)),
];

/** Values of the kinds that the schemas tell apart. */
const scalar = fc.constantFrom<unknown>("", "a", "b", " a ", "abc", "abcd", 0, 1, 2, -1, 0.5, 1e300, true, false, null);
const value = fc.oneof(
  scalar,
  fc.constant(undefined),
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("a", "b", "c"), fc.oneof(scalar, fc.constant(undefined), fc.constant({})), {
    maxKeys: 3,
  }),
  fc.dictionary(fc.constantFrom("a", "b", "c"), fc.dictionary(fc.constantFrom("a", "b"), scalar), { maxKeys: 2 }),
);

type Parsed = { readonly success: boolean; readonly data?: unknown };

/** What a schema says, without why. */
function said({ success, data }: Parsed): Parsed {
  return success ? { success, data } : { success };
}

describe("the plain words for schemas", () => {
  it("say of every value what the library says, and make the same of it", () => {
    const pairs = SCHEMAS.map((make) => [make(whole), make(plain)] as const);
    let fits = 0;
    fc.assert(
      fc.property(value, fc.nat(pairs.length - 1), (each, index) => {
        const [library, own] = pairs[index] ?? [];
        const expected = said(library?.safeParse(each) as Parsed);
        expect({ index, each, ...said(own?.safeParse(each) as Parsed) }).toStrictEqual({ index, each, ...expected });
        if (expected.success) fits += 1;
      }),
      { numRuns: 5_000 },
    );
    expect(fits).toBeGreaterThan(500);
  });

  it("give what fits, and throw for what does not", () => {
    const own = plain.strictObject({ a: plain.int().default(1) });
    expect(own.parse({})).toEqual({ a: 1 });
    expect(() => own.parse({ b: 1 })).toThrow(TypeError);
  });
});

describe("the schema of plans over the plain words", () => {
  let own: Pick<typeof planSchema, "safeParse"> = planSchema;
  beforeAll(async () => {
    vi.resetModules();
    vi.doMock("zod", () => ({ z: plain }));
    own = (await import("../../../../../src/schema/plan.js")).planSchema;
    expect(own).not.toBe(planSchema);
  });
  afterAll(() => {
    vi.doUnmock("zod");
    vi.resetModules();
  });

  const plans = Object.keys(PLANS).map((path) => parseYaml(readFileSync(path, "utf8")).data);

  it("makes of the shipped plans what the library's makes", () => {
    for (const data of plans) {
      expect(own.safeParse(data)).toStrictEqual(planSchema.safeParse(data));
      expect(own.safeParse(data).success).toBe(true);
    }
  });

  it("takes and refuses changed plans as the library's does", () => {
    const odd = fc.constantFrom<unknown>(
      ..." |x|30m|0.5ms|2027-02-31T17:00:00Z|2027-02-28 17:00Z|local|retry|human|CRON|".split("|"),
      ...[0, 1, -1, 0.5, 1e9, true, null, [], ["x"], {}, { x: "x" }].values(),
    );
    let taken = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...plans),
        fc.array(fc.tuple(fc.nat(), odd, fc.nat(3)), { maxLength: 2 }),
        (plan, all) => {
          const data = structuredClone(plan);
          for (const [at, put, how] of all) change(data, { at, put, how });
          const expected = said(planSchema.safeParse(data));
          expect({ data, ...said(own.safeParse(data)) }).toStrictEqual({ data, ...expected });
          if (expected.success) taken += 1;
        },
      ),
      { numRuns: 300 },
    );
    expect(taken).toBeGreaterThan(40);
  });
});

type Holder = Record<string, unknown>;

/** Puts a value in the place of another, adds it, or takes one away, anywhere in data. */
function change(data: unknown, { at, put, how }: { at: number; put: unknown; how: number }): void {
  const places = placesIn(data, 0);
  const [holder, key] = places[at % places.length] ?? [{}, ""];
  if (how === 0 && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (how === 0) delete holder[key];
  else if (how === 1 && !Array.isArray(holder)) holder["more"] = put;
  else holder[key] = put;
}

function placesIn(data: unknown, depth: number): [Holder, string][] {
  if (typeof data !== "object" || data === null || depth > 20) return [];
  const holder = data as Holder;
  return Object.keys(holder).flatMap(
    (key) => [[holder, key], ...placesIn(holder[key], depth + 1)] as [Holder, string][],
  );
}
