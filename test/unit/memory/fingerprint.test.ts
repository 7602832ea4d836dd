import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { errorCodeOf, fingerprintOf, normaliseError } from "../../../src/memory/fingerprint.js";

interface Vector {
  type: string;
  error: string;
  code: string;
  normalised: string;
  fingerprint: string;
}
const file = new URL("../../vectors/fingerprints.json", import.meta.url);
const { same, vectors } = JSON.parse(readFileSync(file, "utf8")) as { same: string[][]; vectors: Vector[] };

describe("fingerprints of errors", () => {
  it.each(vectors)("$error", ({ type, error, code, normalised, fingerprint }) => {
    expect(errorCodeOf(error)).toBe(code);
    expect(normaliseError(error)).toBe(normalised);
    expect(fingerprintOf(type, error)).toBe(fingerprint);
  });

  it.each(same)("are the same for: %s", (...errors) => {
    expect(new Set(errors.map((error) => fingerprintOf("E", error))).size).toBe(1);
  });

  it("differ by type, by code and by identifier", () => {
    const error = "undefined reference to queue_sort";
    const others = [
      fingerprintOf("OTHER", error),
      fingerprintOf("E", `E0308 ${error}`),
      fingerprintOf("E", `${error}_by_hlc`),
    ];
    expect(new Set([fingerprintOf("E", error), ...others]).size).toBe(4);
  });

  it("are taken from a bounded part of an endless message", () => {
    const start = "undefined reference to x_y ".repeat(200);
    expect(fingerprintOf("E", start.slice(0, 4_000))).toBe(fingerprintOf("E", start + "more ".repeat(100_000)));
  });
});
