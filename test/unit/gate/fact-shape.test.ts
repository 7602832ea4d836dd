import { describe, expect, it } from "vitest";
import { missingFact } from "../../../src/gate/fact-shape.js";
import type { GateFacts } from "../../../src/gate/facts.js";
import { CHECK_NAMES } from "../../../src/schema/verdict.js";
import { writeOf } from "./samples.js";

const sign = { by: "ann", proposalHash: "h", decision: "approved", expiresMs: 9 } as const;
const image = { path: "src/a.ts", before: null, after: "a\n", base: null, fault: "is no text" };
const { facts: plain } = writeOf("src/parse.ts", "const b = 2;\n");
/** Every fact, and every member a fact can have. */
const full: GateFacts = {
  ...plain,
  planHash: "p",
  inputFault: "none",
  elsewhere: new Set<string>(),
  paths: [{ path: "src/a.ts", kind: "file", linkOnTheWay: false }],
  images: [image],
  policies: [{ id: "p", level: "mandatory", pass: true, reason: "r", overridden: false }],
  risk: { ...plain.risk, action: { kind: "deploy", targets: 1, irreversible: false, probeAgeMs: null } },
  review: { auditor: sign, humans: [sign], excluded: ["bob"], selfReview: false },
};
/** What no check looks into: the capability and the sets judge by what they hold, and `unconfined` only words a refusal. */
const UNSEEN = [
  "capability.",
  "unconfined",
  "writes.matchesNothing",
  "laterFiles.patterns",
  "laterFiles.matchesNothing",
];

/** Every place in a value, as its names with dots. */
function placesOf(value: unknown, depth: number): string[] {
  if (typeof value !== "object" || value === null || depth === 0) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    key,
    ...placesOf(member, depth - 1).map((rest) => `${key}.${rest}`),
  ]);
}

function withPlace(value: unknown, [key = "", ...rest]: readonly string[], to: unknown): unknown {
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) };
  copy[key] = rest.length === 0 ? to : withPlace(copy[key], rest, to);
  return copy;
}

const places = placesOf(full, 3).filter((place) => !UNSEEN.some((unseen) => place.startsWith(unseen)));
const absentFor = (facts: unknown): (string | undefined)[] =>
  CHECK_NAMES.map((check) => missingFact(check, facts as GateFacts)).filter((name) => name !== undefined);

describe("the facts of a decision", () => {
  it("are all there", () => {
    expect(absentFor(full)).toEqual([]);
    expect(places.length).toBeGreaterThan(50);
  });

  it.each(places.filter((place) => !/^(?:writes\.patterns|risk\.action|images\.0\.before)\./.test(place)))(
    "are told to lack %s where that is of no type it can have",
    (place) => {
      const names = place.split(".");
      for (const wrong of [Symbol("wrong"), Number.NaN, () => true]) {
        if (typeof wrong === "function" && /\.(?:has|leadsTo)$|^isDenied$/.test(place)) continue;
        expect(absentFor(withPlace(full, names, wrong))).toContain(names[0]);
      }
    },
  );

  it("hold no list with a gap", () => {
    const gap: unknown[] = [];
    gap.length = 1;
    for (const name of ["paths", "images", "policies"]) expect(absentFor({ ...full, [name]: gap })).toContain(name);
    expect(absentFor({ ...full, review: { ...full.review, excluded: gap } })).toContain("review");
  });

  it("are missing altogether where there is no object", () => {
    expect(absentFor(undefined)).toEqual(CHECK_NAMES.map(() => "facts"));
  });
});
