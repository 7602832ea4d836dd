import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOB_THRESHOLD_CHARS } from "../../src/kernel/bounds.js";
import { canonicalJson } from "../../src/kernel/canonical.js";
import { canonicalText, packPayload, referencesIn, unpackPayload } from "../../src/store/blobs.js";

const long = fc.string({ minLength: BLOB_THRESHOLD_CHARS + 1, maxLength: BLOB_THRESHOLD_CHARS + 40 });
const name = fc.oneof(fc.string(), fc.constantFrom("$blob", "$$blob", "$$$blob", "blob", "__proto__x"));
const { payload } = fc.letrec<{ payload: unknown }>((tie) => ({
  payload: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    long,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("payload"), { maxLength: 4 }),
    fc.dictionary(name, tie("payload"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe("payloads in the log", () => {
  it("come back as they went in, whatever their names and lengths", () => {
    fc.assert(
      fc.property(payload, (value) => {
        const { text, blobs } = packPayload(value);
        expect(unpackPayload(text, (hash) => blobs.get(hash) ?? "missing")).toEqual(value);
        expect(new Set(referencesIn(text))).toEqual(new Set(blobs.keys()));
      }),
    );
  });

  it("hold no text longer than the bound", () => {
    fc.assert(
      fc.property(payload, (value) => {
        const texts: string[] = [];
        JSON.parse(packPayload(value).text, (_name, member: unknown) => {
          if (typeof member === "string") texts.push(member);
          return member;
        });
        expect(texts.every((text) => text.length <= BLOB_THRESHOLD_CHARS)).toBe(true);
      }),
    );
  });

  it("are canonical JSON, byte for byte, in columns too", () => {
    fc.assert(
      fc.property(payload, (value) => {
        expect(canonicalText(value)).toBe(canonicalJson(value));
      }),
    );
  });

  it("refuse what JSON cannot hold", () => {
    expect(() => packPayload({ n: Number.NaN })).toThrowError(/not finite/);
    let deep: unknown = 1;
    for (let level = 0; level < 100; level += 1) deep = [deep];
    expect(() => packPayload(deep)).toThrowError(/nested too deeply/);
    expect(packPayload({ a: undefined, b: [undefined] }).text).toBe('{"b":[null]}');
  });
});
