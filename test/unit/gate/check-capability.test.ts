import { describe, expect, it } from "vitest";
import { judge } from "../../../src/gate/judge.js";
import { capabilityWith, factsWith, propose } from "./samples.js";

describe("a tool that belongs to some tiers", () => {
  it.each([
    ["Bash", ["implementation", "validation"]],
    ["submit_plan_review", ["executive"]],
    ["resolve_escalation", ["executive"]],
    ["spawn_agent", ["executive"]],
    ["terminate_agent", ["executive"]],
    ["assign_task", ["executive"]],
    ["submit_verdict", ["validation"]],
    ["Read", ["executive", "implementation", "validation"]],
  ])("is %s of %j, whatever a token says", (tool, tiers) => {
    for (const tier of ["executive", "implementation", "validation"] as const) {
      const capability = capabilityWith({ tier, tools: [tool] });
      const refused = judge(propose(tool, {}, capability), factsWith({}, capability)).denials.some(
        ({ check }) => check === "capability",
      );
      expect([tool, tier, refused]).toEqual([tool, tier, !tiers.includes(tier)]);
    }
  });
});

describe("a command on a machine without a sandbox", () => {
  const refusalOf = (tier: "executive" | "implementation" | "validation", facts: object, tools = ["Read"]) => {
    const capability = capabilityWith({ tier, tools });
    const { denials } = judge(propose("Bash", { command: "true" }, capability), factsWith(facts, capability));
    return denials.filter(({ check }) => check === "capability");
  };

  it.each(["implementation", "validation"] as const)("is refused to the %s tier for that, with what to do", (tier) => {
    expect(refusalOf(tier, { unconfined: true })).toEqual([
      expect.objectContaining({
        code: "ERROR_CAPABILITY",
        message: expect.stringContaining("this machine has no sandbox"),
        remedy: expect.stringMatching(/file tools.*worknode doctor/),
        violation: true,
      }),
    ]);
  });

  it("is refused as a tool that is not held where that is why", () => {
    const notHeld = [expect.objectContaining({ message: expect.stringContaining("does not hold the tool Bash") })];
    expect(refusalOf("executive", { unconfined: true })).toEqual(notHeld);
    expect(refusalOf("implementation", { unconfined: false })).toEqual(notHeld);
    expect(refusalOf("implementation", {})).toEqual(notHeld);
  });

  it("is refused for the capability's own fault where it has one", () => {
    const late = refusalOf("implementation", { unconfined: true, nowMs: Number.MAX_SAFE_INTEGER });
    expect(late).toEqual([expect.objectContaining({ message: expect.stringContaining("expired") })]);
  });
});
