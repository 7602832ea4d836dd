import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileWriteSet } from "../../src/capability/write-set.js";
import type { GateFacts } from "../../src/gate/facts.js";
import { judge } from "../../src/gate/judge.js";
import { isProposal } from "../../src/gate/proposal-shape.js";
import { type Proposal, proposalSchema } from "../../src/schema/proposal.js";
import { CHECK_NAMES } from "../../src/schema/verdict.js";
import { capabilityWith, factsWith, propose, writeOf } from "../unit/gate/samples.js";

const good = writeOf("src/parse.ts", "const b = 2;\n");

/** Every place in a value, as a list of keys. */
function placesOf(value: unknown, depth = 0): string[][] {
  if (typeof value !== "object" || value === null || depth > 3) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    [key],
    ...placesOf(member, depth + 1).map((rest) => [key, ...rest]),
  ]);
}

/** A copy with one place changed, or removed where `change` gives undefined for it. */
function changed(value: unknown, place: readonly string[], change: { value: unknown; remove: boolean }): unknown {
  const [key = "", ...rest] = place;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) };
  if (rest.length > 0) copy[key] = changed(copy[key], rest, change);
  else if (change.remove) delete copy[key];
  else copy[key] = change.value;
  return copy;
}

const garbage = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withMap: true, withSet: true, withDate: true }),
  fc.constantFrom(undefined, null, Number.NaN, Number.POSITIVE_INFINITY, "", "x", true, false, -1, 0, 1, {}, []),
);
const places = (value: unknown): fc.Arbitrary<string[]> => fc.constantFrom(...placesOf(value));
const factNames = Object.keys(good.facts) as (keyof GateFacts)[];
const OPTIONAL = new Set(["planHash", "inputFault", "elsewhere"]);

describe("the gate", () => {
  it("never throws and never approves garbage", () => {
    fc.assert(
      fc.property(garbage, garbage, (proposal, facts) => {
        for (const [left, right] of [
          [proposal, facts],
          [good.proposal, facts],
          [proposal, good.facts],
        ]) {
          const { verdict, permit } = judge(left as Proposal, right as GateFacts);
          expect(verdict.outcome).not.toBe("Approved");
          expect(permit).toBeUndefined();
          expect(verdict.checks.map(({ check }) => check)).toEqual([...CHECK_NAMES]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("never approves on a missing fact", () => {
    for (const name of factNames.filter((known) => !OPTIONAL.has(known))) {
      for (const absent of [undefined, null]) {
        const facts = { ...good.facts, [name]: absent } as unknown as GateFacts;
        expect([name, judge(good.proposal, facts).verdict.outcome]).not.toContain("Approved");
      }
      const without = { ...good.facts } as Record<string, unknown>;
      delete without[name];
      expect([name, judge(good.proposal, without as unknown as GateFacts).permit]).toEqual([name, undefined]);
    }
  });

  it("never approves when a part of a fact is missing", () => {
    const parts = placesOf(good.facts).filter((place) => !OPTIONAL.has(place[0] ?? "") && isNeeded(place));
    expect(parts.length).toBeGreaterThan(20);
    for (const place of parts) {
      const facts = changed(good.facts, place, { value: undefined, remove: true }) as GateFacts;
      expect(`${place.join(".")} ${judge(good.proposal, facts).verdict.outcome}`).not.toContain("Approved");
    }
  });

  it("never throws, whatever one part of the proposal or the facts is turned into", () => {
    fc.assert(
      fc.property(places(good.proposal), places(good.facts), garbage, (inProposal, inFacts, value) => {
        const proposal = changed(good.proposal, inProposal, { value, remove: false }) as Proposal;
        const facts = changed(good.facts, inFacts, { value, remove: false }) as GateFacts;
        for (const [left, right] of [
          [proposal, good.facts],
          [good.proposal, facts],
          [proposal, facts],
        ] as const) {
          const { verdict, permit, denials } = judge(left, right);
          expect(verdict.checks).toHaveLength(8);
          expect(permit !== undefined).toBe(verdict.outcome === "Approved");
          if (permit !== undefined) expect(isProposal(left)).toBe(true);
          expect(denials.length === 0).toBe(verdict.outcome === "Approved");
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("takes the same values for proposals as the schema does", () => {
    fc.assert(
      fc.property(places(good.proposal), garbage, fc.boolean(), (place, value, remove) => {
        const proposal = changed(good.proposal, place, { value, remove });
        fc.pre(!hasForeignPrototype(proposal));
        expect(isProposal(proposal)).toBe(proposalSchema.safeParse(proposal).success);
      }),
      { numRuns: 10_000 },
    );
  });

  it("takes a proposal's members in any order, and none under another name", () => {
    const turned = Object.fromEntries(Object.entries(good.proposal).reverse());
    expect(isProposal(turned)).toBe(true);
    for (const place of placesOf(good.proposal).filter(([first]) => first !== "what" && first !== "observation")) {
      const names = [...place.slice(0, -1), `${place.at(-1)}s`];
      const renamed = changed(changed(good.proposal, place, { value: 0, remove: true }), names, {
        value: "x",
        remove: false,
      });
      expect(isProposal(renamed)).toBe(proposalSchema.safeParse(renamed).success);
    }
  });

  it("approves no write outside the whitelist, whatever the path", () => {
    const capability = capabilityWith({ write: ["src/parse.ts", "test/**"] });
    const own = compileWriteSet(capability.write);
    const names = fc.constantFrom("src", "test", "parse.ts", "..", ".", "", ".git", "a", "*", "TEST", "test ", "~");
    const raws = fc.oneof(
      fc.string(),
      fc.array(names, { maxLength: 5 }).map((parts) => parts.join("/")),
    );
    fc.assert(
      fc.property(raws, (raw) => {
        const path = raw.replace(/^\.\//, "");
        const paths = [{ path, kind: "missing", linkOnTheWay: false }] as const;
        const facts = factsWith({ paths, images: [{ path, before: null, after: "x\n" }] }, capability);
        const result = judge(propose("Write", { file_path: raw, content: "x\n" }, capability), facts);
        if (result.permit !== undefined) {
          expect(own.has(path)).toBe(true);
          expect(path.split("/").some((part) => part === ".." || part === "." || part === "")).toBe(false);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

/** Parts the gate does not ask about for this call: what the compiled sets and the token hold besides. */
const UNASKED =
  /^(laterFiles\.(patterns(\.\d+)?|matchesNothing)|writes\.(matchesNothing|patterns\.\d+)|capability\.value\.(v|id|project|role|plan_hash|budget|depth|parent|ancestors|epoch|limits\.max_executions|.*\d+)(\..*)?)$/;

function isNeeded(place: readonly string[]): boolean {
  return !UNASKED.test(place.join("."));
}

/** Values JSON cannot bring, and whose own keys alone do not say what they are. */
function hasForeignPrototype(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null || depth > 6) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === Object.prototype || prototype === null || Array.isArray(value);
  return !plain || Object.values(value).some((member) => hasForeignPrototype(member, depth + 1));
}
