import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { packNames } from "../../../../src/effect/git/pack-names.js";
import { makeRepository, temporaryDirectory } from "../fixture.js";
import { git } from "../sandbox/fixture.js";

const SHA1 = { nameBytes: 20, most: 1_000 };

/** A text whose name in git begins with the greatest byte. */
const LAST = "105";

let index: Buffer;
let names: string[];
beforeAll(() => {
  const { root } = makeRepository({ "a.txt": "a\n", "b/c.txt": "c\n", "b/d.txt": "d\n", "last.txt": LAST });
  git(root, "repack", "-q", "-a", "-d");
  const pack = join(root, ".git/objects/pack");
  index = readFileSync(join(pack, readdirSync(pack).find((name) => name.endsWith(".idx")) ?? ""));
  const all = git(root, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)");
  names = all.trim().split("\n");
});

/** What is read of an index of these bytes. */
async function read(bytes: Buffer, options = SHA1): Promise<string[] | undefined> {
  const file = join(temporaryDirectory(), "pack.idx");
  writeFileSync(file, bytes);
  return await packNames(file, options);
}

/** The index with one byte another. */
function changed(at: number): Buffer {
  const bytes = Buffer.from(index);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

describe("the names in a pack", () => {
  it("are those of all its objects", async () => {
    expect(names.length).toBeGreaterThan(4);
    expect(await read(index)).toEqual(names.toSorted());
  });

  it("are read where there are as many as may be, and not where there is one more", async () => {
    expect(await read(index, { ...SHA1, most: names.length })).toEqual(names.toSorted());
    expect(await read(index, { ...SHA1, most: names.length - 1 })).toBeUndefined();
  });

  it.each([
    ["another mark", () => changed(0)],
    ["another version", () => changed(7)],
    ["no whole header", () => index.subarray(0, 8 + 256 * 4 - 1)],
    ["fewer names than it says", () => index.subarray(0, 8 + 256 * 4 + 20 * names.length - 1)],
  ])("are not read from an index with %s", async (_, bytes) => {
    expect(await read(bytes())).toBeUndefined();
  });
});
