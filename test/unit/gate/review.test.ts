import { describe, expect, it } from "vitest";
import type { GateFacts, SignOff } from "../../../src/gate/facts.js";
import { judge } from "../../../src/gate/judge.js";
import { needsMoreReview, proposalHash } from "../../../src/gate/review.js";
import { capabilityWith, factsWith, NOW, propose, writeOf } from "./samples.js";

const proposal = propose("submit_result", { summary: "x" });
const hash = proposalHash(proposal);
const sign = (by: string, change: Partial<SignOff> = {}): SignOff => ({
  by,
  proposalHash: hash,
  decision: "approved",
  expiresMs: NOW + 1,
  ...change,
});
type Human = "never" | "on-risk" | "always";
const LIMITS = factsWith().risk;

/** Facts of an action with the wanted score between 0 and 100. */
function atRisk(score: number, review: Partial<GateFacts["review"]> = {}, humanReview: Human = "on-risk"): GateFacts {
  const kinds = { 20: "network", 30: "deploy", 60: "teardown", 90: "teardown" } as const;
  const kind = kinds[score as keyof typeof kinds];
  const targets = score === 90 ? 16 : 1;
  const action = { kind, targets, irreversible: false, probeAgeMs: 0 };
  return factsWith({
    risk: { ...LIMITS, humanReview, ...(score === 0 ? {} : { action }) },
    review: { auditor: null, humans: [], excluded: [], ...review },
  });
}

describe("review by risk", () => {
  it.each<[number, Human, string[], number]>([
    [0, "on-risk", [], 0],
    [20, "on-risk", [], 0],
    [30, "on-risk", ["auditor"], 0],
    [60, "on-risk", ["auditor", "human"], 1],
    [90, "on-risk", ["auditor", "human"], 2],
    [0, "always", [], 0],
    [30, "always", ["auditor", "human"], 1],
    [90, "always", ["auditor", "human"], 2],
    [30, "never", ["auditor"], 0],
  ])("at %i with humanReview %s asks for %j and %i people", (score, humanReview, requires, humans) => {
    const result = judge(proposal, atRisk(score, {}, humanReview));
    expect(result.requires).toEqual(requires);
    expect(result.humans).toBe(humans);
    expect(result.verdict.outcome).toBe(requires.length === 0 ? "Approved" : "EscalationRequired");
    expect(result.permit === undefined).toBe(requires.length > 0);
    expect(result.verdict.checks[7]).toMatchObject({ check: "review", kind: "reviewed", pass: requires.length === 0 });
  });

  it("keeps the borders of the limits on the lower side", () => {
    const facts = (risk: Partial<GateFacts["risk"]>): GateFacts => ({
      ...atRisk(30),
      risk: { ...atRisk(30).risk, ...risk },
    });
    expect(judge(proposal, facts({ auto: 30 })).requires).toEqual([]);
    expect(judge(proposal, facts({ auditor: 30 })).requires).toEqual(["auditor"]);
    expect(judge(proposal, facts({ auditor: 29, human: 30 }))).toMatchObject({
      requires: ["auditor", "human"],
      humans: 1,
    });
    expect(judge(proposal, facts({ auditor: 29, human: 29 })).humans).toBe(2);
  });

  it.each<[number, number, Human, boolean]>([
    [24, 0, "on-risk", false],
    [25, 24, "on-risk", true],
    [59, 25, "on-risk", false],
    [25, 59, "on-risk", false],
    [60, 59, "on-risk", true],
    [85, 84, "on-risk", true],
    [84, 85, "on-risk", false],
    [1, 0, "always", true],
    [60, 59, "never", true],
    [59, 60, "never", true],
    [60, 85, "never", false],
    [25, 0, "never", true],
  ])("for %i is more than for %i with humanReview %s: %s", (risk, than, humanReview, more) => {
    expect(needsMoreReview(risk, than, { ...LIMITS, humanReview })).toBe(more);
  });

  it("of a call that needs none heeds a refusal all the same", () => {
    const no = { decision: "rejected" } as const;
    for (const review of [{ auditor: sign("reviewer", no) }, { humans: [sign("ann", no)] }]) {
      const { denials, permit } = judge(proposal, atRisk(20, review));
      expect(denials.map(({ rule }) => rule)).toEqual(["review-rejected"]);
      expect(permit).toBeUndefined();
    }
  });

  it("is refused where the risk has no score", () => {
    const facts = atRisk(20);
    const risk = {
      ...facts.risk,
      action: { kind: "unheard", targets: 1, irreversible: false, probeAgeMs: 0 },
    } as never;
    const { denials } = judge(proposal, { ...facts, risk });
    expect(denials.map(({ message }) => message)).toContain("Cannot decide: the risk has no score");
    expect(denials.map(({ rule }) => rule)).toContain("review-auditor");
  });

  it("cannot approve at all what needs a person where none may be asked", () => {
    const result = judge(proposal, atRisk(60, { auditor: sign("reviewer"), humans: [sign("ann")] }, "never"));
    expect(result.verdict.outcome).toBe("PolicyBlocked");
    expect(result.denials[0]).toMatchObject({ code: "ERROR_RISK", check: "risk", violation: false });
    expect(result.requires).toEqual([]);
  });

  it("approves when all who are needed have signed", () => {
    const all = { auditor: sign("reviewer"), humans: [sign("ann"), sign("bob")] };
    expect(judge(proposal, atRisk(30, { auditor: sign("reviewer") })).verdict.outcome).toBe("Approved");
    expect(judge(proposal, atRisk(60, { ...all, humans: [sign("ann")] })).verdict.outcome).toBe("Approved");
    expect(judge(proposal, atRisk(90, all)).verdict.outcome).toBe("Approved");
    expect(judge(proposal, atRisk(90, all)).permit).toBeDefined();
  });

  it("never lets an auditor stand in for a person, nor a person for the auditor", () => {
    expect(judge(proposal, atRisk(60, { auditor: sign("reviewer") })).requires).toEqual(["human"]);
    expect(judge(proposal, atRisk(60, { humans: [sign("ann")] })).requires).toEqual(["auditor"]);
  });

  it("counts a person once, however often they sign", () => {
    const humans = [sign("ann"), sign("ann")];
    expect(judge(proposal, atRisk(90, { auditor: sign("reviewer"), humans })).requires).toEqual(["human"]);
  });

  it.each<[string, Partial<SignOff>]>([
    ["is for another proposal", { proposalHash: "0".repeat(64) }],
    ["has expired", { expiresMs: NOW }],
    ["is by the author", { by: "implementer" }],
    ["is by whoever spawned the author", { by: "planner" }],
  ])("does not count a sign-off that %s", (_, change) => {
    const facts = atRisk(30, { auditor: sign("reviewer", change), excluded: ["planner"] });
    expect(judge(proposal, facts).requires).toEqual(["auditor"]);
  });

  it("counts the author's own sign-off only where the plan allows self-review, and never that of somebody excluded", () => {
    const own = { auditor: sign("implementer") };
    expect(judge(proposal, atRisk(30, { ...own, selfReview: true })).verdict.outcome).toBe("Approved");
    expect(judge(proposal, atRisk(30, { ...own, selfReview: false })).requires).toEqual(["auditor"]);
    const excluded = { ...own, selfReview: true, excluded: ["implementer"] };
    expect(judge(proposal, atRisk(30, excluded)).requires).toEqual(["auditor"]);
    const garbled = { ...own, selfReview: "yes" as unknown as boolean };
    expect(judge(proposal, atRisk(30, garbled)).verdict.outcome).toBe("EscalationRequired");
  });

  it.each<[string, SignOff["decision"]]>([
    ["rejected", "rejected"],
    ["said something else", "maybe" as SignOff["decision"]],
  ])("blocks where the auditor %s, also when nobody had to be asked", (_, decision) => {
    const auditor = sign("reviewer", { decision });
    for (const score of [0, 30, 60]) {
      const result = judge(proposal, atRisk(score, { auditor, humans: [sign("ann")] }));
      expect(result.verdict.outcome).toBe("PolicyBlocked");
      expect(result.denials.at(-1)).toMatchObject({
        code: "ERROR_REVIEW",
        rule: "review-rejected",
        object: "reviewer",
      });
      expect(result.requires).toEqual([]);
    }
  });

  it("blocks where one of the people rejected", () => {
    const humans = [sign("ann"), sign("bob", { decision: "rejected" })];
    expect(judge(proposal, atRisk(90, { auditor: sign("reviewer"), humans })).verdict.outcome).toBe("PolicyBlocked");
  });
});

describe("the hash of a proposal", () => {
  it("changes with what, when and who, and not with what is said about it", () => {
    const { proposal: write } = writeOf("src/parse.ts", "a\n");
    const base = proposalHash(write);
    const other = writeOf("src/parse.ts", "b\n").proposal;
    expect(proposalHash(other)).not.toBe(base);
    expect(proposalHash({ ...write, what: { ...write.what, tool: "Edit" } })).not.toBe(base);
    expect(proposalHash({ ...write, when: { ...write.when, cycle: 2 } })).not.toBe(base);
    expect(proposalHash({ ...write, who: { ...write.who, agent: "x" } })).not.toBe(base);
    expect(proposalHash({ ...write, call_id: "another try", action: "said otherwise" })).toBe(base);
  });

  it("voids an approval given for other arguments", () => {
    const capability = capabilityWith();
    const first = writeOf("src/parse.ts", "a\n", { capability, facts: { risk: { ...LIMITS, humanReview: "always" } } });
    const humans = [sign("ann", { proposalHash: proposalHash(first.proposal) })];
    const review = { auditor: null, humans, excluded: [] };
    expect(judge(first.proposal, { ...first.facts, review }).verdict.outcome).toBe("Approved");
    const second = writeOf("src/parse.ts", "b\n", { capability, facts: first.facts });
    const facts = { ...first.facts, images: [{ path: "src/parse.ts", before: "", after: "b\n" }], review };
    expect(judge(second.proposal, facts).requires).toEqual(["human"]);
  });
});
