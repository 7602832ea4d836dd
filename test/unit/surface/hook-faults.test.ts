import { expect, it } from "vitest";
import { environmentFaults, formFaults, switchFaults } from "../../../src/surface/hook/hook-faults.js";
import type { SettingsSource } from "../../../src/surface/hook/settings-sources.js";

function details(kind: SettingsSource["kind"], settings: SettingsSource["settings"]): string {
  return switchFaults({ kind, path: "/s.json", settings })
    .map(({ detail, fix }) => `${detail} → ${fix}`)
    .join("\n");
}

it("names an organisation's switch that leaves worknode's hooks out, which in other files means nothing", () => {
  const settings = { allowManagedHooksOnly: true };
  expect(details("managed", settings)).toMatch(/all but your organisation's hooks off.* → take it out of \/s\.json/);
  for (const kind of ["user", "project", "local", "plugin"] as const) expect(details(kind, settings)).toBe("");
  expect(details("managed", { allowManagedHooksOnly: false })).toBe("");
});

it("names each variable in a file that leaves hooks out, and no other", () => {
  for (const name of ["CLAUDE_CODE_SIMPLE", "CLAUDE_CONFIG_DIR"])
    expect(details("user", { env: { [name]: "1", FOO: "1" } })).toContain(`\`env\` sets ${name}, which`);
  expect(details("user", { env: { FOO: "1" }, permissions: { defaultMode: "acceptEdits" } })).toBe("");
  expect(environmentFaults({ CLAUDE_CODE_SIMPLE: "" })).toEqual([]);
});

it("takes a matcher for all tools where it is left out, empty or a star, and for none else", () => {
  const source: SettingsSource = { kind: "local", path: "/s.json", settings: {} };
  const hook = { type: "http", onFailure: "block" };
  const narrow = (matcher: string | undefined): boolean =>
    formFaults(source, [{ event: "PreToolUse", matcher, hook }]).some(({ detail }) =>
      detail.includes("is asked about"),
    );
  expect([undefined, "", "*"].map(narrow)).toEqual([false, false, false]);
  expect(["Bash", ".*", "mcp__.*", "Write|Edit"].map(narrow)).toEqual([true, true, true, true]);
});
