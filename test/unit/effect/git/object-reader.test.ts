import { spawn } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { createObjectReader, type ObjectReader, parseObjects } from "../../../../src/effect/git/object-reader.js";
import { entryNamed } from "../../../../src/effect/git/tree-object.js";
import { makeRepo, type Repo } from "../../../scenario/harness.js";

let repo: Repo | undefined;
let reader: ObjectReader | undefined;
afterEach(() => {
  reader?.close();
  repo?.remove();
});

/** A repository of one file, a reader of it, and how many gits that one started. */
function setting(): { at: Repo; read: ObjectReader; started: () => number } {
  const at = makeRepo({ "a.txt": "alpha\n", "folder/b.txt": "\0\n\xff" });
  let count = 0;
  repo = at;
  reader = createObjectReader((args) => {
    count += 1;
    return spawn("git", args, { cwd: at.dir, env: at.env, stdio: "pipe" });
  });
  return { at, read: reader, started: () => count };
}

describe("objects of a repository", () => {
  it("are described and read by one git, in the order of the names, many questions at once", async () => {
    const { at, read, started } = setting();
    const id = at.git("rev-parse", "HEAD:a.txt").trim();
    expect(await read.describe([])).toEqual([]);
    expect(started()).toBe(0);
    const [facts, objects] = await Promise.all([
      read.describe([id, "HEAD^{commit}", "gone"]),
      read.read(["gone", id, "HEAD:folder/b.txt", id]),
    ]);
    expect(facts.map((fact) => fact?.type)).toEqual(["blob", "commit", undefined]);
    expect(facts[0]).toEqual({ id, type: "blob", bytes: 6 });
    expect(objects.map((object) => object?.content.toString("utf8"))).toEqual([
      undefined,
      "alpha\n",
      "\0\n\xff",
      "alpha\n",
    ]);
    const many = await read.read(Array.from({ length: 5_000 }, () => id));
    expect(many.every((object) => object?.content.length === 6)).toBe(true);
    expect(started()).toBe(1);
  });

  it("are not asked for by a name that would be two questions", async () => {
    const { read } = setting();
    expect(await read.describe(["HEAD\nflush", "HEAD"])).toEqual([
      undefined,
      expect.objectContaining({ type: "commit" }),
    ]);
  });

  it("are a fault once git ended, for whoever asks afterwards too", async () => {
    const { read } = setting();
    await expect(read.describe(["@{upstream}", "HEAD"])).rejects.toMatchObject({ code: "GIT_FAILED" });
    await expect(read.describe(["HEAD"])).rejects.toMatchObject({ code: "GIT_FAILED" });
    const missing = createObjectReader(() => spawn("/nowhere/git", [], { stdio: "pipe" }));
    await expect(missing.read(["HEAD"])).rejects.toMatchObject({ code: "NO_GIT", exitCode: 2 });
  });

  it("are told from each other in what one run wrote, and one that was cut is none", () => {
    const id = "a".repeat(40);
    const text = `${id} blob 3\nx\ny\ngone missing\n${id} blob 0\n\n${id} blob 9\ncut`;
    expect(parseObjects(Buffer.from(text)).map((object) => object?.content.toString())).toEqual([
      "x\ny",
      undefined,
      "",
      undefined,
    ]);
  });
});

describe("a tree as git stores it", () => {
  it("gives the entry of a whole name, and nothing for part of one", async () => {
    const { at, read } = setting();
    const [tree] = await read.read(["HEAD^{tree}"]);
    const content = tree?.content ?? Buffer.alloc(0);
    expect(entryNamed(content, "folder", 20)).toEqual({ mode: "40000", id: at.git("rev-parse", "HEAD:folder").trim() });
    expect(entryNamed(content, "a.txt", 20)?.mode).toBe("100644");
    expect(entryNamed(content, "a.tx", 20)).toBeUndefined();
    expect(() => entryNamed(content.subarray(0, 30), "z", 20)).toThrow("git gave a tree that is none");
  });
});
