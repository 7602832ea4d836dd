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
