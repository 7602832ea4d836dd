import { describe, expect, it } from "vitest";
import { measureSource } from "../../../src/measure/source.js";

const kindsOf = (text: string): string[] => measureSource("a.ts", text).suppressions.map((one) => one.kind);

describe("a comment that switches a rule off", () => {
  it.each([
    ["/* istanbul ignore next */", "istanbul ignore"],
    ["// istanbul ignore if", "istanbul ignore"],
    ["/* c8 ignore start */", "coverage ignore"],
    ["/* v8 ignore next 3 */", "coverage ignore"],
    ["/* node:coverage disable */", "coverage ignore"],
    ["// eslint-disable-next-line no-eval", "eslint-disable"],
    ["/* eslint-disable */", "eslint-disable"],
    ["a(); // eslint-disable-line", "eslint-disable"],
    ["/* eslint no-eval: 0 */", "eslint configuration"],
    ["// biome-ignore lint/x: y", "biome-ignore"],
    ["/* oxlint-disable */", "oxlint-disable"],
    ["// tslint:disable", "tslint:disable"],
    ["/* jshint ignore:start */", "jshint"],
    ["// Stryker disable all", "stryker disable"],
    ["// @ts-ignore", "ts-ignore"],
    ["/// @ts-ignore", "ts-ignore"],
    ["/* because\n * @ts-ignore */", "ts-ignore"],
    ["// @ts-nocheck", "ts-nocheck"],
    ["// @ts-expect-error reason", "ts-expect-error"],
    ["//nolint:errcheck", "nolint"],
    ["a(); // NOLINT(x)", "NOLINT"],
    ["a(); // see NOSONAR", "NOSONAR"],
    ["a(); // nosec", "nosec"],
    ["a(); // nosemgrep: rule", "nosemgrep"],
    ["// noqa", "noqa"],
    ["// type: ignore", "type: ignore"],
    ["// pylint: disable=x", "pylint: disable"],
    ["// pragma: no cover", "pragma: no cover"],
    ["// LCOV_EXCL_LINE", "coverage exclusion"],
    ["// GCOVR_EXCL_START", "coverage exclusion"],
    ["// cppcheck-suppress x", "cppcheck-suppress"],
  ])("is %s", (text, kind) => {
    expect(kindsOf(text)).toEqual([kind]);
  });

  it.each([
    'const a = "// eslint-disable";',
    "const a = `/* istanbul ignore next */ @ts-ignore`;",
    "const a = /@ts-ignore NOLINT/;",
    "// we never write eslint-disable here",
    "// the istanbul ignore hint is refused",
    "/** Tells `@ts-ignore` from others. */",
    "// eslint is our linter",
    "// ignore the rest",
    "// @ts-check",
    "/* eslint-enable */",
  ])("is not %s", (text) => {
    expect(kindsOf(text)).toEqual([]);
  });

  it("carries its line", () => {
    expect(measureSource("a.ts", "a();\n\n// @ts-ignore\nb();").suppressions).toEqual([
      { kind: "ts-ignore", text: "ts-ignore @ts-ignore", line: 3 },
    ]);
  });
});
