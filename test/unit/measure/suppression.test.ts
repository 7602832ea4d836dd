import { beforeAll, describe, expect, it } from "vitest";
import { loadMeasures } from "../../../src/crew/state/grammars.js";
import { measureSource } from "../../../src/measure/source.js";

const kindsOf = (text: string): string[] => measureSource("a.ts", text).suppressions.map((one) => one.kind);

const inTree = (path: string, text: string): string[] => measureSource(path, text).suppressions.map((one) => one.kind);

beforeAll(async () => {
  await loadMeasures(["rust", "java", "cpp", "c"]);
});

describe("what switches a rule off and is no comment", () => {
  it.each([
    ["#[allow(dead_code)]", "allow attribute"],
    ["#[cfg_attr(test, allow(x))]", "allow attribute"],
    ["#![cfg_attr(all(), expect(dead_code))]", "allow attribute"],
    ["#[coverage(off)]", "coverage attribute"],
    ["#[cfg_attr(coverage_nightly, coverage(off))]", "coverage attribute"],
    ["#[no_coverage]", "coverage attribute"],
    ["#[cfg(not(tarpaulin_include))]", "coverage attribute"],
    ["#[tarpaulin::skip]", "coverage attribute"],
    ['#[clippy::cognitive_complexity = "100"]', "clippy configuration"],
    ["#[rustfmt::skip]", "formatter off"],
    ["#![cfg_attr(rustfmt, rustfmt_skip)]", "formatter off"],
    ["#[/* x */ allow /* y */ (dead_code)]", "allow attribute"],
    ["#[r#allow(dead_code)]", "allow attribute"],
    ["#[cfg(all(unix, not(any(test, coverage))))]", "coverage attribute"],
  ])("in Rust: %s", (attribute, kind) => {
    expect(inTree("a.rs", `${attribute}\nfn q() {}\n`)).toEqual([kind]);
  });

  it.each([
    ['@SuppressWarnings("x")', "SuppressWarnings"],
    ['@java.lang.SuppressWarnings("x")', "SuppressWarnings"],
    ["@SuppressFBWarnings", "SuppressWarnings"],
    ['@SuppressLint("x")', "SuppressWarnings"],
    ["@lombok.Generated", "coverage annotation"],
    ["@ExcludeFromJacocoGeneratedReport", "coverage annotation"],
    ['@ java . lang . SuppressWarnings("x")', "SuppressWarnings"],
    ["@/* x */SuppressForbidden", "SuppressWarnings"],
    ["@GeneratedByHand", "coverage annotation"],
    ["@NoCoverage", "coverage annotation"],
  ])("in Java: %s", (annotation, kind) => {
    expect(inTree("A.java", `${annotation}\nclass A {}\n`)).toEqual([kind]);
  });

  it.each([
    ['#pragma GCC diagnostic ignored "-Wall"', "diagnostic ignored"],
    ["#pragma GCC system_header", "system header"],
    ["#pragma warning(push, 0)", "warning disable"],
    ["#pragma warning(push; disable: 4)", "warning disable"],
    ["__attribute__((no_profile_instrument_function)) int q();", "analysis attribute"],
    ["[[gnu::no_instrument_function]] int q();", "analysis attribute"],
    ['[[gsl::suppress("x")]] int q();', "analysis attribute"],
    ["__attribute((__no_profile_instrument_function__)) int q();", "analysis attribute"],
    ['__attribute__((__no_sanitize__("address"))) int q();', "analysis attribute"],
    ["[[clang::suppress]] int q();", "analysis attribute"],
    ['#pragma clang attribute push(__attribute__((no_sanitize("x"))), apply_to = function)', "analysis attribute"],
    ["#pragma warning disable 161", "warning disable"],
    ["#pragma diag_suppress=Pe177", "warning disable"],
    ["#pragma nv_diag_suppress 177", "warning disable"],
    ["#pragma BullseyeCoverage save off", "coverage exclusion"],
    ['#pragma GCC /* x */ diagnostic /*\n*/ ignored "-Wall"', "diagnostic ignored"],
    ['#pragma \\\n GCC \\ \n diagnostic ignored "-Wall"', "diagnostic ignored"],
    ['#\\\npragma GCC diagnostic ignored "-Wall"', "diagnostic ignored"],
    ['/* x\n */ # /* y */ pragma GCC diagnostic ignored "-Wall"', "diagnostic ignored"],
    ['%:pragma GCC diagnostic ignored "-Wall"', "diagnostic ignored"],
    ['_Pragma /* x */ (\\\n "GCC diagnostic ig\\\nnored \\"-Wall\\"") int q();', "diagnostic ignored"],
    ['_Pragma(R"(GCC diagnostic ignored "-Wall")") int q();', "diagnostic ignored"],
    ['#define QUIET _Pragma("GCC diagnostic ignored \\"-Wall\\"") x\n', "diagnostic ignored"],
    ['void f(void) { _Pragma("GCC diagnostic ignored \\"-Wall\\"") g(); }', "diagnostic ignored"],
    ["void f(void) { __pragma(warning(disable: 4996)) g(); }", "warning disable"],
  ])("in C++: %s", (text, kind) => {
    expect(inTree("a.cpp", `${text}\n`)).toEqual([kind]);
  });

  it.each([
    ["a.rs", "#[derive(Debug)]\nstruct S;\n"],
    ["a.rs", "#[cfg(test)]\nmod t {}\n"],
    ["a.rs", "#[cfg(not(test))]\nfn coverage() {}\n"],
    ["A.java", "class A { @GeneratedValue int id; @Override public String toString() { return null; } }\n"],
    ["a.cpp", "[[maybe_unused]] int q;\n__attribute__((unused)) int r;\n#pragma once\n"],
    ["a.c", '#define PUSH _Pragma("GCC diagnostic push")\n/* _Pragma("GCC diagnostic ignored") */\n'],
    ["a.c", '/*\n#pragma GCC diagnostic ignored "-Wall"\n*/\n#pragma GCC diagnostic push\n'],
    ["a.c", 'const char *s = "_Pragma(\\"GCC diagnostic ignored\\")";\n'],
  ])("is not, in %s: %s", (path, text) => {
    expect(inTree(path, text)).toEqual([]);
  });
});

describe("a comment that switches a rule off", () => {
  it.each(
    "deno-lint rome lint jslint stylelint knip semgrep coverage svelte standard xo sonar gosec webhint".split(" "),
  )("%s-ignore", (tool) => {
    expect(kindsOf(`// ${tool}-ignore x\n`)).toEqual(["tool ignore"]);
    expect(kindsOf(`// ${tool}-disable\n`)).toEqual(["tool ignore"]);
  });

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
    ["/* jshint -W034 */", "jshint"],
    ["/* jshint unused:false */", "jshint"],
    ["// $FlowFixMe", "flow suppression"],
    ["// @noflow", "flow suppression"],
    ["// deno-lint-ignore no-explicit-any", "tool ignore"],
    ["// rome-ignore lint: x", "tool ignore"],
    ["// @lint-ignore", "tool ignore"],
    ["// stylelint-disable", "tool ignore"],
    ["// webhint-disable-next-line", "tool ignore"],
    ["// other-tool-ignore-file", "tool ignore"],
    ["//lint:ignore U1000 x", "tool ignore"],
    ["//lint:file-ignore U1000 x", "tool ignore"],
    ["//gocover:ignore", "tool ignore"],
    ["//gosec:disable G101", "tool ignore"],
    ["// deno-fmt-ignore", "tool ignore"],
    ["// ts-prune-ignore-next", "tool ignore"],
    ["// type-coverage:ignore-next-line", "tool ignore"],
    ["// ts-unused-exports:disable-next-line", "tool ignore"],
    ["import(/* @vite-ignore */ name);", "tool ignore"],
    ["// @effect-diagnostics effect/leakingRequirements:off", "effect diagnostics"],
    ["// @effect-diagnostics-next-line floatingEffect:off", "effect diagnostics"],
    ["// flowlint-next-line untyped-import:off", "flow suppression"],
    ["// file deepcode ignore X: y", "scanner ignore"],
    ["// pragma: allowlist secret", "scanner ignore"],
    ["a(); // ggignore", "scanner ignore"],
    ["/* LINTED */", "lint comment"],
    ["/*@-nullpass@*/", "splint"],
    ["/*@ignore@*/", "splint"],
    ["/* PRQA S 1234 */", "MISRA checker"],
    ["/* parasoft-begin-suppress ALL */", "MISRA checker"],
    ["/* polyspace MISRA-C3:10.1 */", "MISRA checker"],
    ["/* *INDENT-OFF* */", "formatter off"],
    ["/**\n * Reads.\n * @knipignore\n */", "knip"],
    ["/** @suppress {checkTypes} */", "closure suppression"],
    ["// #lizard forgives", "lizard"],
    ["// jscpd:ignore-start", "duplication ignore"],
    ["// CPD-OFF", "duplication ignore"],
    ["// noinspection JSUnused", "noinspection"],
    ["/*lint -e1*/", "PC-lint"],
    ["// lint !e1", "PC-lint"],
    ["// codechecker_suppress [x]", "codechecker"],
    ["// coverity[x]", "coverity"],
    ["// NOPMD", "NOPMD"],
    ["// CHECKSTYLE:OFF", "checkstyle"],
    ["// SUPPRESS CHECKSTYLE x", "checkstyle"],
    ["//!OCLINT", "OCLINT"],
    ["//-V501", "PVS-Studio"],
    ["a(); //-V::501", "PVS-Studio"],
    ["// nosem", "nosemgrep"],
    ["// DevSkim: ignore DS1", "scanner ignore"],
    ["// checkov:skip=CKV", "scanner ignore"],
    ["// lgtm[js/x]", "scanner ignore"],
    ["// codeql[js/x]", "scanner ignore"],
    ["// ty: ignore[x]", "type: ignore"],
    ["// basedpyright: ignore", "type: ignore"],
    ["// pyright: basic", "type checker configuration"],
    ["// pyright: reportX=false", "type checker configuration"],
    ['// mypy: disable-error-code="x"', "type checker configuration"],
    ["// pyre-ignore[1]", "pyre"],
    ["// pytype: skip-file", "pytype"],
    ["// lint-fixme: X", "fixit"],
    ["// PRAGMA: NO COVER", "pragma: no cover"],
    ["// pragma : no cover", "pragma: no cover"],
    ["// GRCOV_EXCL_START", "coverage exclusion"],
    ["// LCOV_EXCL_EXCEPTION_BR_LINE", "coverage exclusion"],
    ["// GCOVR_EXCL_FUNCTION", "coverage exclusion"],
    ["// GCOVR_EXCL_BR_WITHOUT_HIT: 1/2", "coverage exclusion"],
    ["// LCOV_UNREACHABLE_LINE", "coverage exclusion"],
    ["/* polyspace<MISRA-C:10.1> */", "MISRA checker"],
    ["// ruff: disable[E501]", "noqa"],
    ["// ruff: file-ignore[E501]", "noqa"],
    ["// nopep8", "noqa"],
    ["// pyrefly: ignore[x]", "type: ignore"],
    ["// pyright: strict, reportX=false", "type checker configuration"],
    ["// pyright: strictSetInference=false", "type checker configuration"],
    ["// mypy: warn-unused-ignores, check-untyped-defs=False", "type checker configuration"],
    ["// mypy: follow-imports=skip", "type checker configuration"],
    ["// skipcq: PYL-W0212", "scanner ignore"],
    ["// sourcery skip: x", "scanner ignore"],
    ["// complexipy: ignore", "scanner ignore"],
    ["// CSOFF: X", "checkstyle"],
    ["// NOCHECKSTYLE", "checkstyle"],
    ["//go:norace", "race detector"],
    ["// isort: off", "formatter off"],
    ["/** @codeCoverageIgnore */", "coverage exclusion"],
    ["// prettier-ignore", "formatter off"],
    ["// clang-format off", "formatter off"],
    ["// @formatter:off", "formatter off"],
    ["// fmt: off", "formatter off"],
    ["// isort: skip_file", "formatter off"],
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
    "// note: ignore the rest",
    "// auto-ignore is what editors do",
    "// lint - we run it before the tests",
    "// git-ignored files are left out",
    "// coverage is of changed lines",
    "// skip what was seen, and turn the light off",
    "// generated by the build; report what failed",
    "// jshint is our linter",
    "// clang-format on",
    "// lgtm",
    "// GCOVR_EXCL_STOP",
    "// LCOV_EXCL_BR_STOP",
    "// mypy: strict",
    "// pyright: strict",
    "// ruff: enable[E501]",
  ])("is not %s", (text) => {
    expect(kindsOf(text)).toEqual([]);
  });

  it("carries its line", () => {
    expect(measureSource("a.ts", "a();\n\n// @ts-ignore\nb();").suppressions).toEqual([
      { kind: "ts-ignore", text: "ts-ignore @ts-ignore", line: 3 },
    ]);
  });
});
