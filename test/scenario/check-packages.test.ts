import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { checkReport, namesOf } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

const PACKAGES = fileURLToPath(new URL("../../node_modules", import.meta.url));
let repo: Repo | undefined;
afterEach(() => repo?.remove());

/** A repository of a package's own sources, as npm has them. */
function packageRepo(name: string, folder: string, files: RegExp): { at: Repo; paths: string[] } {
  const at = makeRepo({ "README.md": `# ${name}\n` });
  cpSync(join(PACKAGES, name, folder), join(at.dir, "src"), { recursive: true });
  at.git("add", "-A", "-f");
  at.git("commit", "-q", "-m", `${name} as published`);
  at.git("switch", "-q", "-c", "change");
  const all = readdirSync(join(at.dir, "src"), { recursive: true, encoding: "utf8" });
  return { at, paths: all.filter((path) => files.test(path)).map((path) => `src/${path}`) };
}

/** Lines a fault consists of, and the rule that must find it on which of them (from 1; 0: nothing to find). */
interface Fault {
  readonly rule: string;
  readonly lines: readonly string[];
  readonly at: number;
}

const MANY = (count: number, line: string): string[] => Array.from({ length: count }, () => line);
const FAULTS: Readonly<Record<"js" | "cpp", readonly Fault[]>> = {
  js: [
    {
      rule: "max-complexity",
      at: 1,
      lines: ["function seededOne(n) {", ...MANY(8, "  if (n) n--;"), "  return n;", "}"],
    },
    {
      rule: "max-function-lines",
      at: 1,
      lines: ["function seededTwo(n) {", ...MANY(60, "  n++;"), "  return n;", "}"],
    },
    { rule: "no-suppression", at: 1, lines: ["// eslint-disable-next-line no-unused-vars", "const seededThree = 1;"] },
    { rule: "none", at: 0, lines: ["function seededFour(n) {", ...MANY(7, "  if (n) n--;"), "  return n;", "}"] },
    { rule: "parse", at: 1, lines: ["function (seededFive {"] },
  ],
  cpp: [
    {
      rule: "max-complexity",
      at: 1,
      lines: ["int seeded_one(int n) {", ...MANY(8, "  if (n) n--;"), "  return n;", "}"],
    },
    {
      rule: "max-function-lines",
      at: 1,
      lines: ["int seeded_two(int n) {", ...MANY(60, "  n++;"), "  return n;", "}"],
    },
    { rule: "no-suppression", at: 1, lines: ["int seeded_three = 1; // NOLINT"] },
    { rule: "none", at: 0, lines: ["int seeded_four(int n) {", ...MANY(7, "  if (n) n--;"), "  return n;", "}"] },
  ],
};

it.each([
  ["commander", "lib", /\.js$/, "js"],
  ["zod", "src/v4/core", /\.ts$/, "js"],
  ["picomatch", "lib", /\.js$/, "js"],
  ["better-sqlite3", "src", /\.[ch]pp$/, "cpp"],
] as const)(
  "%s: seeded faults are found exactly, and nothing in the unchanged rest",
  async (name, folder, files, kind) => {
    const { at, paths } = packageRepo(name, folder, files);
    repo = at;
    expect(paths.length).toBeGreaterThan(3);
    const expected: string[] = [];
    for (const [index, fault] of FAULTS[kind].entries()) {
      const path = paths[(index * 7) % paths.length] ?? "";
      const text = readFileSync(join(at.dir, path), "utf8");
      const before = text.endsWith("\n") ? text : `${text}\n`;
      at.write(path, `${before}${fault.lines.join("\n")}\n`);
      if (fault.at > 0) expected.push(`${fault.rule} ${path}:${before.split("\n").length - 1 + fault.at}`);
    }
    for (const path of paths.slice(0, 3)) at.write(path, `// touched\n${readFileSync(join(at.dir, path), "utf8")}`);
    at.git("commit", "-q", "-am", "seeded");
    const report = await checkReport(at, "--base", "main", "--mode", "enforce");
    const errors = { ...report, findings: report.findings.filter(({ severity }) => severity === "error") };
    const shifted = expected.map((each) => {
      const [, rule = "", path = "", line = "0"] = /^(\S+) (.*):(\d+)$/.exec(each) ?? [];
      return `${rule} ${path}:${Number(line) + (paths.slice(0, 3).includes(path) ? 1 : 0)}`;
    });
    expect([...new Set(namesOf(errors))].sort()).toEqual(shifted.sort());
    expect(report.exit_code).toBe(4);
  },
);
