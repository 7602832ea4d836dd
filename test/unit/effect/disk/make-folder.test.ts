import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder } from "../../../../src/effect/disk/make-folder.js";
import { canMount } from "../../../scenario/small-disk.js";

describe("Making a folder", () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "worknode-folder-"));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  it("makes those above it, and is content with one that is there", () => {
    makeFolder(join(place, "a/b"), 0o700);
    makeFolder(join(place, "a/b"), 0o700);
    expect(statSync(join(place, "a/b")).mode & 0o777).toBe(0o700);
  });

  it("says that a file is in the way", () => {
    writeFileSync(join(place, "file"), "");
    expect(() => makeFolder(join(place, "file/a"))).toThrow(/ENOTDIR/);
  });

  it.skipIf(!canMount())("says that a disk is read-only, not that a folder is missing", () => {
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", place]).status).toBe(0);
    try {
      expect(() => makeFolder(join(place, "a/b"))).toThrow(/^EROFS/);
    } finally {
      spawnSync("umount", [place]);
    }
  });
});
