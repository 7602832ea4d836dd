import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { foldName, isRoot, pathFault, resolvePath } from "../../../src/gate/path.js";

interface PathVector {
  readonly name: string;
  readonly raw: string;
  readonly path: string | null;
  readonly repeat?: number;
}
const file = JSON.parse(readFileSync(new URL("../../vectors/paths.json", import.meta.url), "utf8")) as {
  root: string;
  vectors: PathVector[];
};

describe("the path vectors", () => {
  it("hold accepted and refused ones", () => {
    expect(file.vectors.filter(({ path }) => path !== null).length).toBeGreaterThan(15);
    expect(file.vectors.filter(({ path }) => path === null).length).toBeGreaterThan(50);
  });

  it.each(file.vectors)("$name", ({ raw, path, repeat }) => {
    const text = raw.repeat(repeat ?? 1);
    const resolved = resolvePath(text, file.root);
    expect(resolved.ok ? resolved.value : null).toBe(path === null ? null : path.repeat(repeat ?? 1));
  });

  it("mean the same when the root is given with a slash at its end", () => {
    for (const { raw, path, repeat } of file.vectors) {
      const resolved = resolvePath(raw.repeat(repeat ?? 1), `${file.root}/`);
      expect(resolved.ok ? resolved.value : null).toBe(path === null ? null : path.repeat(repeat ?? 1));
    }
  });
});

describe("a refused path", () => {
  it.each([
    ["", "empty"],
    ["a".repeat(5_000), "longer than 4096 bytes"],
    ["\u00e9/".repeat(1_500), "longer than 4096 bytes"],
    ["/etc/passwd", "outside the workspace"],
    ["a\\b", "backslash"],
    ["e\u0301", "NFC"],
    ["\ud800", "NFC"],
    ["a//b", "empty segment"],
    ["a/../b", "'..' segment"],
    ["a./b", "dot or a space"],
    [`${"\u00e9".repeat(128)}/b`, "255 bytes"],
    [".GIT/config", ".git"],
    ["a\u001b[2J", "not seen"],
    ["a\u007f", "not seen"],
    ["a\u0085b", "not seen"],
    ["\u202egpj.x", "not seen"],
    ["a\u200bb", "not seen"],
    ["a\u200db", "not seen"],
    ["\u200c", "not seen"],
    ["a\u2028b", "not seen"],
    ["a\u{e0041}b", "not seen"],
    ["a\u3164b", "not seen"],
    ["\uffa0", "not seen"],
    ["a\u034fb", "not seen"],
    ["a\ufe0fb", "not seen"],
    ["\u{e0100}", "not seen"],
  ])("%j says why: %s", (path, why) => {
    expect(pathFault(path)).toContain(why);
  });
});

it("lets the joiners of scripts and pictures be", () => {
  expect(pathFault("docs/\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.md")).toBeUndefined();
  expect(pathFault("docs/\u{1f468}\u200d\u{1f467}.md")).toBeUndefined();
  expect(pathFault("docs/\u26a0\ufe0f.md")).toBeUndefined();
  expect(pathFault("\u845b\u{e0100}\u57ce.md")).toBeUndefined();
  expect(pathFault("\u1820\u180b.md")).toBeUndefined();
});

describe("the workspace root", () => {
  it.each(["/r", "/r/", ".", "./"])("is named by %s", (raw) => {
    expect(isRoot(raw, "/r")).toBe(true);
  });

  it.each(["", "/", "..", "/rx", "/r//", "a"])("is not named by %j", (raw) => {
    expect(isRoot(raw, "/r")).toBe(false);
  });
});

describe("a folded name", () => {
  it("is the same for names some file systems take for the same", () => {
    expect(foldName(".GiT")).toBe(".git");
    expect(foldName(".g\u200cit")).toBe(".git");
    expect(foldName(".\u210dusky")).toBe(".husky");
    expect(foldName("\uff0egit")).toBe(".git");
    expect(foldName(".\u017fettings")).toBe(".settings");
  });
});
