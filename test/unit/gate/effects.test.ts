import { describe, expect, it } from "vitest";
import { judgeEffects } from "../../../src/gate/effects.js";
import type { EffectFacts, GateFacts, Image } from "../../../src/gate/facts.js";
import { MAX_EFFECTS } from "../../../src/kernel/bounds.js";
import type { Change, ChangeKind } from "../../../src/schema/effect.js";
import { capabilityWith, factsWith, functionOf, propose } from "./samples.js";

const proposal = propose("Bash", { command: "sed -i s/a/b/ src/parse.ts" });
const change = (path: string, kind: ChangeKind = "modify"): Change => ({ path, kind, before: "b", after: "a" });
const image = (path: string, after = "x\n", before: string | null = "y\n"): Image => ({ path, before, after });

/** Effects with everything known about each path. */
function effectsOf(
  changes: readonly Change[],
  options: Partial<EffectFacts> & { also?: Partial<GateFacts> } = {},
): EffectFacts {
  const { also, ...rest } = options;
  const paths = changes.map(({ path }) => ({ path, kind: "file", linkOnTheWay: false }) as const);
  const images = changes.map(({ path }) => image(path));
  return { proposal, facts: factsWith({ paths, ...also }), changes, images, ...rest };
}
const rules = (effects: EffectFacts): string[] =>
  judgeEffects(effects).refused.map(({ path, rule }) => `${path} ${rule}`);

describe("the net effects of a command", () => {
  it("are kept where each is one the capability allows", () => {
    const changes = [change("src/parse.ts"), change("test/a/b.test.ts", "add"), change("test/run.sh", "mode")];
    expect(judgeEffects(effectsOf(changes))).toEqual({ refused: [], denials: [] });
    expect(judgeEffects(effectsOf([]))).toEqual({ refused: [], denials: [] });
  });

  it("are refused whole when one is forbidden", () => {
    const result = judgeEffects(effectsOf([change("src/parse.ts"), change("src/other.ts")]));
    expect(result.refused).toEqual([
      { path: "src/parse.ts", kind: "modify", rule: "discarded-with" },
      { path: "src/other.ts", kind: "modify", rule: "file-whitelist" },
    ]);
    expect(result.denials).toHaveLength(1);
    expect(result.denials[0]).toMatchObject({
      code: "ERROR_PLAN_VIOLATION",
      message: "File not in agent's assigned scope",
      subject: "implementer",
      object: "src/other.ts",
      violation: true,
    });
  });

  it.each<[ChangeKind, string]>([
    ["delete", "no-delete"],
    ["type", "no-delete"],
    ["link", "path"],
    ["special", "path"],
  ])("never hold a whitelisted path that was changed by %s", (kind, rule) => {
    expect(rules(effectsOf([change("src/parse.ts", kind)]))).toEqual([`src/parse.ts ${rule}`]);
  });

  it.each([
    ["src/later.ts", "later-phase"],
    [".worknode/worknode.db", "hard-deny"],
    [".github/workflows/ci.yml", "hard-deny"],
    [".env", "workspace-deny"],
    [".git/config", "path"],
    ["src/../x", "path"],
    ["src/cafe\u0301.ts", "path"],
  ])("may not hold %s (%s)", (path, rule) => {
    expect(rules(effectsOf([change(path)]))[0]).toBe(`${path} ${rule}`);
  });

  it("may not empty a file, nor break a limit", () => {
    const emptied = effectsOf([change("src/parse.ts")], { images: [image("src/parse.ts", "")] });
    expect(rules(emptied)).toEqual(["src/parse.ts no-delete"]);
    const complex = effectsOf([change("src/parse.ts")], { images: [image("src/parse.ts", functionOf(11), null)] });
    expect(judgeEffects(complex).denials[0]).toMatchObject({ message: "Function complexity 11 exceeds agent limit 8" });
  });

  it("are judged by what the path is in the worktree", () => {
    const paths = [{ path: "src/parse.ts", kind: "file", linkOnTheWay: true }] as const;
    expect(rules(effectsOf([change("src/parse.ts", "mode")], { also: { paths } }))).toEqual(["src/parse.ts path"]);
  });

  it("obey the tier, whatever the token says", () => {
    const capability = capabilityWith({ tier: "validation", write: ["**"] });
    const paths = [{ path: "src/parse.ts", kind: "file", linkOnTheWay: false }] as const;
    const effects = effectsOf([change("src/parse.ts")], { facts: factsWith({ paths }, capability) });
    expect(rules(effects)).toEqual(["src/parse.ts tier-write"]);
  });

  it("leave scratch alone, unless hard deny or workspace.deny names it", () => {
    const isScratch = (): boolean => true;
    const scratch = [change("coverage/lcov.info", "add"), change("dist/a.js", "delete"), change("build/x", "link")];
    expect(judgeEffects(effectsOf(scratch, { isScratch }))).toEqual({ refused: [], denials: [] });
    expect(rules(effectsOf([change(".claude/settings.json", "add")], { isScratch }))).toEqual([
      ".claude/settings.json hard-deny",
    ]);
    expect(rules(effectsOf([change(".env.local", "add")], { isScratch }))).toEqual([".env.local workspace-deny"]);
    expect(rules(effectsOf(scratch, { isScratch: () => undefined as unknown as boolean }))).toHaveLength(3);
  });

  it.each<[string, Partial<EffectFacts> & { also?: Partial<GateFacts> }]>([
    ["a post-image is missing", { images: [] }],
    ["a path was not looked at", { also: { paths: [] } }],
    ["the capability is not valid", { also: { capability: { ok: false, error: "expired" } } }],
    ["the kill switch is on", { also: { killed: true } }],
    ["a fact is missing", { also: { isDenied: undefined as never } }],
    ["the write list is another's", { also: { writes: factsWith().laterFiles } }],
    ["there are no facts", { facts: undefined as never }],
    [
      "a check breaks",
      {
        isScratch: () => {
          throw new Error("boom");
        },
      },
    ],
  ])("are refused where %s", (_, options) => {
    const result = judgeEffects(effectsOf([change("src/parse.ts")], options));
    expect(result.refused).toHaveLength(1);
    expect(result.denials[0]).toMatchObject({ code: "ERROR_MISSING_FACT", violation: false });
  });

  it("are refused when there are too many, or none can be read", () => {
    const many = Array.from({ length: MAX_EFFECTS + 1 }, (_, index) => change(`test/${index}`, "mode"));
    expect(judgeEffects(effectsOf(many)).denials[0]?.message).toContain("more than");
    const broken = judgeEffects({ ...effectsOf([]), changes: undefined as never, proposal: undefined as never });
    expect(broken.denials[0]).toMatchObject({ code: "ERROR_MISSING_FACT", subject: "unknown" });
  });
});
