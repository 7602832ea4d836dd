import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { copyIndex } from "../../../../src/effect/git/index-copy.js";
import { temporaryDirectory } from "../fixture.js";

it("is of the index's own time: git looks into files as new as that, and takes older ones for unchanged", async () => {
  const [from, to] = [join(temporaryDirectory(), "index"), join(temporaryDirectory(), "copy")];
  writeFileSync(from, "DIRC");
  utimesSync(from, 1_000_000_000, 1_100_000_000);
  await copyIndex(from, to);
  expect([readFileSync(to, "utf8"), statSync(to).mtimeMs]).toEqual(["DIRC", 1_100_000_000_000]);
});
