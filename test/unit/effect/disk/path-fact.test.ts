import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readOrWhy } from "../../../../src/effect/disk/path-fact.js";
import { temporaryDirectory } from "../fixture.js";

const ORDINARY_UID = 23_456;
const isRoot = process.geteuid?.() === 0;
afterEach(() => {
  if (isRoot) process.seteuid?.(0);
});

describe("a file that is read whole", () => {
  it("is told from one that is too long, one that is closed and one that is gone, each by what is wrong with it", () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const file = join(directory, "file");
    writeFileSync(file, "12345");
    expect(readOrWhy(file, 5)).toEqual({ ok: true, value: Buffer.from("12345") });
    const long = readOrWhy(file, 4);
    expect(long).toMatchObject({ ok: false, error: expect.stringMatching(/^is 5 bytes long, and no more than 4 are/) });
    expect(readOrWhy(join(directory, "gone"), 5)).toEqual({ ok: false, error: "cannot be read (ENOENT)" });
    chmodSync(file, 0o000);
    if (isRoot) process.seteuid?.(ORDINARY_UID);
    expect(readOrWhy(file, 5)).toEqual({ ok: false, error: "cannot be read (EACCES)" });
  });
});
