import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { measureFigures } from "../../../src/measure/source.js";

interface Recorded {
  readonly source: string;
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly files: Readonly<Record<string, readonly [number, string]>>;
  }[];
}

const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const recorded = JSON.parse(
  readFileSync(new URL("../../vectors/eslint-complexity.json", import.meta.url), "utf8"),
) as Recorded;

/** As `scripts/record-eslint.mjs` writes what ESLint says. */
function figuresOf(path: string, text: string): [number, string] {
  const rows = measureFigures(path, text).functions.map((one) => `${one.body_line} ${one.end_line} ${one.complexity}`);
  return [rows.length, createHash("sha256").update(rows.sort().join("\n")).digest("hex")];
}

it.each(recorded.packages)("counts every function of $name as ESLint's own rule does, at the same place", (one) => {
  const { version } = JSON.parse(readFileSync(`${MODULES}/${one.name}/package.json`, "utf8")) as { version: string };
  expect(version, "another version is installed: node scripts/record-eslint.mjs").toBe(one.version);
  const ours = Object.keys(one.files).map((path) => [
    path,
    figuresOf(path, readFileSync(`${MODULES}/${one.name}/src/${path}`, "utf8")),
  ]);
  expect(ours.length).toBeGreaterThan(90);
  expect(Object.fromEntries(ours)).toEqual(one.files);
});
