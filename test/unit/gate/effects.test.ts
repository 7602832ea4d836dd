import { describe, expect, it } from "vitest";
import { compileWriteSet } from "../../../src/capability/write-set.js";
import { judgeEffects } from "../../../src/gate/effects.js";
import type { EffectFacts, GateFacts, Image } from "../../../src/gate/facts.js";
import { checkPermit, type Permit } from "../../../src/gate/permit.js";
import { MAX_EFFECTS } from "../../../src/kernel/bounds.js";
import { hashOf } from "../../../src/kernel/canonical.js";
import { measureSource } from "../../../src/measure/source.js";
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
  const modes = new Map(changes.map(({ path }) => [path, 0o100644 & 0o7777]));
  return { proposal, facts: factsWith({ paths, ...also }), changes, images, modes, ...rest };
}
const rules = (effects: EffectFacts): string[] =>
  judgeEffects(effects).refused.map(({ path, rule }) => `${path} ${rule}`);

describe("the net effects of a command", () => {
  it("are kept where each is one the capability allows", () => {
    const changes = [change("src/parse.ts"), change("test/a/b.test.ts", "add"), change("test/run.sh", "mode")];
    expect(judgeEffects(effectsOf(changes))).toMatchObject({ refused: [], denials: [] });
    expect(judgeEffects(effectsOf([]))).toMatchObject({ refused: [], denials: [] });
  });

  it("give a permit for exactly these changes, and none when one is forbidden", () => {
    const changes = [change("src/parse.ts")];
    const effects = effectsOf(changes);
    const { permit } = judgeEffects(effects);
    const scope = { callId: proposal.call_id, nowMs: effects.facts.nowMs };
    const others = { ...scope, argsHash: hashOf([change("src/other.ts")]) };
    expect(() => checkPermit(permit as Permit, others)).toThrow("other arguments");
    expect(() => checkPermit(permit as Permit, { ...scope, argsHash: hashOf(changes) })).not.toThrow();
    expect(judgeEffects(effectsOf([change("src/other.ts")])).permit).toBeUndefined();
  });

  it("may turn a file into a program and back, and change no other mode", () => {
    const judged = (kind: ChangeKind, mode: number): string[] =>
      rules(effectsOf([change("src/parse.ts", kind)], { modes: new Map([["src/parse.ts", mode]]) }));
    expect(judged("mode", 0o755)).toEqual([]);
    expect(judged("mode", 0o644)).toEqual([]);
    for (const mode of [0o4755, 0o2755, 0o1644, 0o777, 0o622, 0o000, 0o444])
      expect(judged("mode", mode)).toEqual(["src/parse.ts file-mode"]);
    expect(judged("add", 0o664)).toEqual([]);
    expect(judged("add", 0o4755)).toEqual(["src/parse.ts file-mode"]);
    for (const kind of ["mode", "modify", "add"] as const)
      expect(judgeEffects(effectsOf([change("src/parse.ts", kind)], { modes: new Map() })).denials).toMatchObject([
        { code: "ERROR_MISSING_FACT", message: expect.stringContaining("the mode of src/parse.ts was not looked at") },
      ]);
    expect(rules(effectsOf([change("src/parse.ts", "mode")], { images: [] }))).toEqual([]);
  });

  it("may hold a new folder only on the way to a listed file", () => {
    const folder = (path: string): Change => ({ path, kind: "add", before: null, after: null });
    expect(rules(effectsOf([folder("test/deep/er")]))).toEqual([]);
    expect(rules(effectsOf([folder("src")]))).toEqual([]);
    expect(rules(effectsOf([folder("lib")]))).toEqual(["lib file-whitelist"]);
    expect(rules(effectsOf([folder(".worknode")]))).toEqual([".worknode hard-deny"]);
    const under = (
      path: string,
      held: Parameters<typeof capabilityWith>[0],
      later: readonly string[] = [],
    ): string[] => {
      const capability = capabilityWith(held);
      return rules(effectsOf([folder(path)], { facts: factsWith({ laterFiles: compileWriteSet(later) }, capability) }));
    };
    for (const path of [".worknode", ".github/workflows"])
      expect(under(`a/${path}/x`, { write: ["a/.*/**"] })).toEqual([`a/${path}/x hard-deny`]);
    expect(under(".env.d", { write: [".env.d/a"] })).toEqual([".env.d workspace-deny"]);
    expect(under("lib", { tier: "validation", write: ["lib/a.ts"] })).toEqual(["lib tier-write"]);
    expect(under("lib", { write: ["lib"] })).toEqual(["lib path"]);
    expect(under("lib", { write: ["lib", "lib/**"] })).toEqual([]);
    expect(under("lib/x", { write: ["lib/x/a.ts"] }, ["lib/**"])).toEqual([]);
    expect(under("lib/y", { write: ["lib/x/a.ts"] }, ["lib/**"])).toEqual(["lib/y later-phase"]);
  });

  it("are what a structured write could be: what that is reviewed for, a command does not get without, unless it is named", () => {
    const made = (path: string, write: readonly string[], also: Partial<GateFacts> = {}): string[] => {
      const value = capabilityWith({ write: [...write] });
      const held = { capability: { ok: true as const, value }, writes: compileWriteSet(value.write) };
      return rules(effectsOf([change(path, "add")], { also: { ...held, ...also } }));
    };
    const file = "test/.npmrc";
    expect(made(file, ["test/**"])).toEqual([`${file} review-effects`]);
    expect(made(file, ["test/**", file])).toEqual([]);
    expect(made("test/notes.txt", ["test/**"])).toEqual([]);
    const risk = { ...factsWith({}).risk, auto: 25 };
    expect(made(file, ["test/**"], { risk })).toEqual([]);
    expect(made(file, ["test/**"], { risk: { ...risk, auditor: 20, auto: 20, humanReview: "never" } })).toEqual([
      `${file} review-effects`,
    ]);
  });

  it("meet the policies a structured write meets, and none where nothing was written", () => {
    const frozen = {
      id: "freeze",
      level: "mandatory",
      pass: false,
      reason: "now.weekday < 5",
      overridden: false,
    } as const;
    const policies = [frozen];
    const { refused, denials, permit } = judgeEffects(effectsOf([change("src/parse.ts")], { also: { policies } }));
    expect(refused).toEqual([{ path: "src/parse.ts", kind: "modify", rule: "freeze" }]);
    expect(denials).toMatchObject([{ code: "ERROR_POLICY", check: "policy", violation: false }]);
    expect(permit).toBeUndefined();
    expect(judgeEffects(effectsOf([], { also: { policies } })).denials).toEqual([]);
    const advisory = [{ ...frozen, level: "advisory" as const }];
    expect(rules(effectsOf([change("src/parse.ts")], { also: { policies: advisory } }))).toEqual([]);
  });

  it("are refused whole when a limit stopped the command", () => {
    const stopped = judgeEffects(effectsOf([], { stopped: "timeout" }));
    expect(stopped.denials[0]).toMatchObject({ code: "ERROR_COMMAND_LIMIT", rule: "command-timeout", violation: true });
    expect(stopped.permit).toBeUndefined();
  });

  it("may not hold code that cannot be read", () => {
    const images = [{ ...image("src/parse.ts"), fault: "is not UTF-8 text" }];
    expect(rules(effectsOf([change("src/parse.ts")], { images }))).toEqual(["src/parse.ts readable-code"]);
  });

  it("are no worse than an earlier state of the file, nor new where they came from elsewhere", () => {
    const complex = functionOf(11);
    const changes = [change("src/parse.ts")];
    const from = (base: string | null): Image => ({ ...image("src/parse.ts", complex, "let a = 1;\n"), base });
    expect(rules(effectsOf(changes, { images: [from(complex)] }))).toEqual([]);
    expect(rules(effectsOf(changes, { images: [from(null)] }))).toEqual(["src/parse.ts max-complexity"]);
    const elsewhere = new Set(measureSource("src/old.ts", complex).functions.map(({ token_hash }) => token_hash));
    expect(rules(effectsOf(changes, { images: [from(null)], also: { elsewhere } }))).toEqual([]);
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
    const gone = { ...change("src/parse.ts", kind), after: null };
    expect(rules(effectsOf([gone]))).toEqual([`src/parse.ts ${rule}`]);
    expect(rules(effectsOf([{ ...gone, path: "src" }]))[0]).toMatch(`src ${rule}`);
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
    expect(judgeEffects(effectsOf(scratch, { isScratch }))).toMatchObject({ refused: [], denials: [] });
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

  it.each<[string, Partial<EffectFacts> & { also?: Partial<GateFacts> }]>([
    ["the fact 'killed' is missing", { also: { killed: undefined as never } }],
    ["the fact 'planHash' is missing", { also: { planHash: 1 as never } }],
    ["the fact 'paths' is missing", { also: { paths: [{ path: "src/parse.ts", kind: "file" } as never] } }],
    ["the fact 'elsewhere' is missing", { also: { elsewhere: [] as never } }],
    ["the capability is expired", { also: { capability: { ok: false, error: "expired" } } }],
    ["src/parse.ts was not looked at", { also: { paths: [] } }],
    ["the post-image of src/parse.ts is missing", { images: [] }],
  ])("are refused because %s, and it is said", (why, options) => {
    const { denials, permit } = judgeEffects(effectsOf([change("src/parse.ts")], options));
    expect(denials.map(({ message }) => message)).toEqual([`Cannot decide: ${why}`]);
    expect(permit).toBeUndefined();
  });

  it("are refused when there are too many, or none can be read", () => {
    const many = Array.from({ length: MAX_EFFECTS + 1 }, (_, index) => change(`test/${index}`, "mode"));
    expect(judgeEffects(effectsOf(many)).denials[0]?.message).toContain("more than");
    const broken = judgeEffects({ ...effectsOf([]), changes: undefined as never, proposal: undefined as never });
    expect(broken.denials[0]).toMatchObject({ code: "ERROR_MISSING_FACT", subject: "unknown" });
  });
});
