import { describe, expect, it } from "vitest";
import { hardDenied } from "../../../src/gate/hard-deny.js";
import { cronFault, isTimeZone } from "../../../src/plan/cron.js";
import { parseYaml } from "../../../src/plan/document.js";
import { isHardDenied } from "../../../src/plan/hard-deny.js";
import { loadPlan, planHash } from "../../../src/plan/load-plan.js";
import { pathFault } from "../../../src/plan/path-rule.js";
import { patternFault, testPattern } from "../../../src/plan/pattern.js";

describe("parseYaml", () => {
  it("gives plain data and the place of every value and key, counted from 1", () => {
    const document = parseYaml("a: 1\nb:\n  - c: x\n    d: true\n");
    expect(document.data).toEqual({ a: 1, b: [{ c: "x", d: true }] });
    expect(document.faults).toEqual([]);
    expect(document.locate(["b", 0, "d"])).toEqual({ line: 4, column: 8 });
    expect(document.locateKey(["b", 0, "d"])).toEqual({ line: 4, column: 5 });
    expect(document.locate(["b", 7, "nope"])).toEqual({ line: 3, column: 3 });
    expect(document.locate(["nope"])).toEqual({ line: 1, column: 1 });
  });

  it("refuses what makes YAML surprising", () => {
    const codes = (text: string): string[] => parseYaml(text).faults.map((fault) => fault.code);
    expect(codes("a: 1\na: 2\n")).toEqual(["duplicate-key"]);
    expect(codes("a: &x [1]\nb: *x\n")).toEqual(["yaml-alias", "yaml-alias"]);
    expect(codes("1: a\n? [b]\n: c\n__proto__: 1\n")).toEqual(["yaml-key", "yaml-key", "yaml-key"]);
    expect(codes("a: !!binary aGVsbG8=\n").length).toBeGreaterThan(0);
    expect(codes("a: .nan\n")).toEqual(["yaml-value"]);
    expect(codes("a: 1\n---\nb: 2\n")).toEqual(["yaml-syntax"]);
    expect(codes("a: [1\n")[0]).toBe("yaml-syntax");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("keeps dates as text: YAML 1.2 has no dates", () => {
    expect(parseYaml("at: 2026-12-04T17:00:00+01:00\n").data).toEqual({ at: "2026-12-04T17:00:00+01:00" });
  });

  it("bounds depth and size, and survives an alias bomb", () => {
    const deep = parseYaml(`${"[".repeat(100)}${"]".repeat(100)}`);
    expect(deep.faults.map((fault) => fault.code)).toContain("too-deep");
    expect(parseYaml(`${"[".repeat(50_000)}`).faults.length).toBeGreaterThan(0);
    expect(parseYaml(`a: ${"x".repeat(1_100_000)}`).faults.map((fault) => fault.code)).toEqual(["too-large"]);
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ...["b", "c", "d", "e", "f", "g"].map((name, index) => `${name}: &${name} [${`*${"abcdef"[index]},`.repeat(9)}]`),
    ];
    expect(parseYaml(bomb.join("\n")).faults.map((fault) => fault.code)).toContain("yaml-alias");
  });
});

describe("planHash", () => {
  it("is of the exact bytes", () => {
    expect(planHash("a: 1\n")).not.toBe(planHash("a: 1"));
    expect(planHash("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});

describe("pathFault", () => {
  it.each(["src/a.ts", ".env.example", "a b/c", "src/**", "docs/[id]/x.md", "...a/b"])(
    "%s keeps the path rules",
    (path) => {
      expect(pathFault(path)).toBeUndefined();
    },
  );
  it.each([
    "/a",
    "~/a",
    "C:/a",
    "a\\b",
    "a\0b",
    "a\nb",
    "a/../b",
    "a/./b",
    "a//b",
    "a/",
    "a./b",
    "a /b",
    ".git/x",
    "a/.GIT/b",
    "e\u0301",
    "x".repeat(5_000),
  ])("%j breaks them", (path) => {
    expect(pathFault(path)).toBeDefined();
  });
});

describe("hard deny", () => {
  const loaded = new Set(["plans/a.yaml"]);
  it.each([
    ".git/config",
    ".worknode/plans/a.yaml",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    "Jenkinsfile",
    ".claude/settings.json",
    ".mcp.json",
    ".husky/pre-commit",
    ".ci/run",
    "CODEOWNERS",
    ".envrc",
    "plans/a.yaml",
  ])("%s is refused by lint and by the gate alike", (path) => {
    expect(isHardDenied(path, loaded)).toBe(true);
    expect(hardDenied(path, loaded)).toBe(true);
  });
  it.each(["src/a.ts", "docs/ci/run.md", ".github/ISSUE_TEMPLATE/a.md", "plans/b.yaml", ".env.example"])(
    "%s by neither",
    (path) => {
      expect(isHardDenied(path, loaded)).toBe(false);
      expect(hardDenied(path, loaded)).toBe(false);
    },
  );
  it("a pattern is refused when all it can match is", () => {
    expect(isHardDenied(".github/workflows/*.yml", loaded)).toBe(true);
    expect(isHardDenied("**", loaded)).toBe(false);
    expect(isHardDenied(".github/**", loaded)).toBe(false);
  });
});

describe("cronFault", () => {
  it.each(["0 9 * * *", "*/15 0-6,22 1,15 jan-mar mon-fri", "30 2 * * 7", "0 0 29 2 *", "0 0 31 2 1", "5/20 * * * *"])(
    "%s is sound",
    (pattern) => {
      expect(cronFault(pattern)).toBeUndefined();
    },
  );
  it.each([
    "",
    "0 9 * *",
    "0 9 * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "0 0 31 2 *",
    "0 0 31 4,6 *",
    "a * * * *",
    "5-1 * * * *",
    "*/0 * * * *",
    "1-2-3 * * * *",
    "1/2/3 * * * *",
    ", * * * *",
  ])("%j is not", (pattern) => {
    expect(cronFault(pattern)).toBeDefined();
  });
  it("knows time zones by name", () => {
    expect(["UTC", "Europe/Berlin", "America/New_York"].map(isTimeZone)).toEqual([true, true, true]);
    expect(["Mars/Olympus", "", "+01:00"].map(isTimeZone)).toEqual([false, false, false]);
  });
});

describe("testPattern", () => {
  it("searches text for a plan's regular expression, line by line", () => {
    expect(testPattern("^v2[02-9]\\.", "v22.1.0\n")).toEqual({ ok: true, value: true });
    expect(testPattern("^b$", "a\nb\n")).toEqual({ ok: true, value: true });
    expect(testPattern("^v2[02-9]\\.", "v18.1.0\n")).toEqual({ ok: true, value: false });
  });
  it("makes a malformed or endless pattern an error, never a hang", () => {
    expect(testPattern("(", "x").ok).toBe(false);
    expect(patternFault("(")).toBeDefined();
    const endless = testPattern("^(a+)+$", `${"a".repeat(60)}b`);
    expect(endless.ok ? "" : endless.error).toContain("timed out");
  });
});

describe("loadPlan", () => {
  it("says what is missing of an empty file, at its first line", () => {
    const { plan, faults } = loadPlan("{}", "plan.yaml");
    expect(plan).toBeUndefined();
    expect(faults.map((fault) => fault.message).sort()).toEqual([
      "'apiVersion' is required",
      "'id' is required",
      "'kind' is required",
      "'phases' is required",
      "'title' is required",
    ]);
    expect(faults.every((fault) => fault.line === 1 && fault.column === 1)).toBe(true);
  });
});
