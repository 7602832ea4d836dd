import { describe, expect, it } from "vitest";
import { type ModeSources, selectMode } from "../../../src/dispatch/mode.js";

const modeOf = (sources: ModeSources, scope?: "targets" | "worktree"): string => {
  const selected = selectMode(sources, scope);
  return selected.ok ? `${selected.value.mode} by ${selected.value.source}` : `error: ${selected.error}`;
};

describe("the rollout mode", () => {
  it.each<[ModeSources, string]>([
    [{}, "off by default"],
    [{ config: "canary" }, "canary by config"],
    [{ config: "canary", plan: "enforced" }, "enforced by plan"],
    [{ config: "canary", plan: "enforced", env: "off" }, "off by env"],
    [{ config: "canary", plan: "enforced", env: "off", flag: "canary" }, "canary by flag"],
    [{ flag: undefined, env: undefined, plan: "canary" }, "canary by plan"],
  ])("of targets with %j is %s", (sources, expected) => {
    expect(modeOf(sources)).toBe(expected);
  });

  it.each<[ModeSources, string]>([
    [{}, "enforced by default"],
    [{ plan: "off" }, "enforced by default"],
    [{ config: "off", plan: "canary" }, "enforced by default"],
    [{ flag: "off" }, "off by flag"],
    [{ env: "off", plan: "enforced" }, "off by env"],
    [{ flag: "enforced", env: "off" }, "enforced by flag"],
    [{ env: "canary" }, "enforced by default"],
  ])("of work in a task's own worktree with %j is %s", (sources, expected) => {
    expect(modeOf(sources, "worktree")).toBe(expected);
  });

  it.each(["on", "Enforced", "ENFORCED", " enforced", "enforced ", "", "true", "1", "dry-run"])(
    "%j is an error wherever it stands, never a default",
    (text) => {
      for (const source of ["flag", "env", "plan", "config"] as const) {
        for (const scope of ["targets", "worktree"] as const) {
          expect(modeOf({ [source]: text }, scope)).toMatch(/^error: .*Use off, canary, enforced/);
          expect(modeOf({ flag: "enforced", [source]: text }, scope)).toMatch(/^error/);
        }
      }
    },
  );

  it("names the place that holds the unknown value", () => {
    expect(modeOf({ env: "on" })).toBe('error: WORKNODE_MODE is "on". Use off, canary, enforced.');
    expect(modeOf({ flag: null as unknown as string })).toContain("--mode is null");
  });
});
