import { describe, expect, it } from "vitest";
import { compileWriteSet } from "../../../src/capability/write-set.js";
import { judgeEffects } from "../../../src/gate/effects.js";
import type { GateFacts } from "../../../src/gate/facts.js";
import { judge } from "../../../src/gate/judge.js";
import { capabilityWith, factsWith, propose, writeOf } from "./samples.js";

/** What a judgement says, in order. */
const said = (made: Parameters<typeof judge>): string[] => judge(...made).denials.map(({ message }) => message);

describe("an Edit", () => {
  const facts = writeOf("src/parse.ts", "const b = 2;\n").facts;
  it("is approved by its post-image, and refused without one, with another's or with two", () => {
    const edit = propose("Edit", { file_path: "src/parse.ts", old_string: "a", new_string: "b" });
    expect(judge(edit, facts).verdict.outcome).toBe("Approved");
    const [image] = facts.images;
    if (image === undefined) throw new Error("no image");
    for (const images of [[], [{ ...image, path: "src/other.ts" }], [image, image]])
      expect(said([edit, { ...facts, images }])).toEqual(["Cannot decide: the post-image of src/parse.ts is missing"]);
  });
});

describe("a Write", () => {
  it("is refused where the image judged is of another text", () => {
    const { proposal, facts } = writeOf("src/parse.ts", "const b = 2;\n");
    const images = facts.images.map((image) => ({ ...image, after: "const c = 2;\n" }));
    expect(said([proposal, { ...facts, images }])).toEqual([
      "Cannot decide: the post-image of src/parse.ts is another text",
    ]);
  });

  it.each([
    ["gen/HEAD", "ref: refs/heads/main\n"],
    ["gen/HEAD", "ref:\t\n refs/x"],
    ["HEAD", "0123456789abcdef0123456789abcdef01234567\n"],
    ["gen/Head", "0123456789ABCDEF0123456789ABCDEF01234567 and more"],
    ["gen/\uff28EAD", "ref: refs/heads/main\n"],
  ])("may not make %s of %j, which makes its folder a repository", (path, text) => {
    const made = writeOf(path, text, { capability: capabilityWith({ write: ["**"] }), before: null });
    expect(judge(made.proposal, made.facts).denials[0]?.rule).toBe("hard-deny");
  });

  it.each([
    ["gen/HEAD", "a page about refs/heads\n"],
    ["gen/HEAD", "0123456789abcdef\n"],
    ["gen/HEAD", "zref: refs/heads/main\n"],
    ["gen/HEADER", "ref: refs/heads/main\n"],
    ["HEAD/gen", "ref: refs/heads/main\n"],
  ])("may make %s of %j", (path, text) => {
    const made = writeOf(path, text, { capability: capabilityWith({ write: ["**"] }), before: null });
    expect(judge(made.proposal, made.facts).verdict.outcome).toBe("Approved");
  });
});

describe("what was not looked at", () => {
  it("is refused and named, for a read and for a write", () => {
    const { proposal, facts } = writeOf("src/parse.ts", "const b = 2;\n");
    const unseen = ["Cannot decide: src/parse.ts was not looked at"];
    expect(said([proposal, { ...facts, paths: [] }])).toEqual(unseen);
    expect(said([propose("Read", { file_path: "src/parse.ts" }), factsWith()])).toEqual(unseen);
    expect(said([propose("Write", { content: "x" }), facts])).toContain("Cannot decide: no path is named");
  });

  it("is said of a capability that is not valid", () => {
    const { proposal, facts } = writeOf("src/parse.ts", "const b = 2;\n");
    const invalid = { ...facts, capability: { ok: false, error: "revoked" } } as const;
    expect(said([proposal, invalid])).toContain("Cannot decide: the capability is not valid");
  });
});

describe("a write list that is not the capability's", () => {
  const own = ["docs/a.md", "src/parse.ts"];
  it.each([
    ["longer", [...own, "src/z.ts"]],
    ["shorter", own.slice(0, 1)],
    ["of as many, but others", ["docs/a.md", "src/z.ts"]],
    ["of the same, in another order", [...own].reverse()],
  ])("allows nothing where it is %s, by a write and by a command", (_, patterns) => {
    const capability = capabilityWith({ write: own });
    const other: Partial<GateFacts> = { writes: compileWriteSet(patterns) };
    const { proposal, facts } = writeOf("docs/a.md", "x\n", { capability, facts: other });
    const why = "Cannot decide: the write list is not the capability's";
    expect(said([proposal, facts])).toEqual([why]);
    const command = propose("Bash", { command: "true" }, capability);
    const effects = { proposal: command, facts, changes: [], images: [], modes: new Map() };
    expect(judgeEffects(effects).denials.map(({ message }) => message)).toEqual([why]);
  });
});

describe("a phase that is not active", () => {
  it.each([
    ["Bash", { command: "true" }, "Attempting to modify future phase"],
    ["Read", { file_path: "src/parse.ts" }, "Phase parser is not active"],
  ])("is said so to %s", (tool, args, message) => {
    const paths = [{ path: "src/parse.ts", kind: "file", linkOnTheWay: false }] as const;
    const capability = capabilityWith({ phase: "parser", tools: ["Bash", "Read"] });
    expect(said([propose(tool, args, capability), factsWith({ phaseActive: false, paths }, capability)])).toEqual([
      message,
    ]);
  });
});
