import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { TIER_TOOLS } from "../../../src/crew/agent/grants.js";
import { parseAgentFile } from "../../../src/plan/agent-file.js";
import { parseTierProfile } from "../../../src/plan/tier-profile.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const agents = readdirSync(`${root}agents`);
const profiles = readdirSync(`${root}capabilities`);

describe("shipped agents", () => {
  it("are the seven roles", () => {
    expect(agents.sort()).toEqual(
      ["debugger", "executive", "firefighter", "implementer", "planner", "reviewer", "validator"].map(
        (name) => `${name}.md`,
      ),
    );
  });
  it.each(agents)("%s has a prompt and no tool beyond its tier", (name) => {
    const parsed = parseAgentFile(readFileSync(`${root}agents/${name}`, "utf8"), name);
    expect(parsed.ok).toBe(true);
    if (!parsed.ok) return;
    expect(parsed.value.prompt.length).toBeGreaterThan(800);
    expect(parsed.value.tools.filter((tool) => !TIER_TOOLS[parsed.value.tier].includes(tool))).toEqual([]);
  });
});

const AGENT = "---\nname: a\ndescription: d\nworknode:\n  tier: executive\n---\nDo it.\n";

describe("a broken agent file", () => {
  it.each([
    ["without front matter", "Do it.", "front matter"],
    ["with an unknown tier", AGENT.replace("executive", "boss"), "worknode.tier"],
    ["with an unknown key", AGENT.replace("name: a", "name: a\ncolour: red"), "colour"],
    ["without a prompt", AGENT.replace("Do it.", " "), "empty"],
    ["that is no YAML", AGENT.replace("name: a", "name: [a"), "a.md:3:"],
    ["with a key twice", AGENT.replace("name: a", "name: a\nname: b"), "a.md:3:1: error duplicate-key"],
  ])("%s is refused with the reason", (_, text, reason) => {
    const parsed = parseAgentFile(text, "a.md");
    expect(parsed.ok ? "" : parsed.error).toContain(reason);
  });
});

describe("tools of an agent file", () => {
  const toolsOf = (tools: string): readonly string[] => {
    const parsed = parseAgentFile(AGENT.replace("name: a", `name: a\ntools: ${tools}`), "a.md");
    return parsed.ok ? parsed.value.tools : [];
  };
  it("are a list, or names between commas as Claude Code writes them", () => {
    expect(toolsOf("Read, Grep ,")).toEqual(["Read", "Grep"]);
    expect(toolsOf("[Read, Grep]")).toEqual(["Read", "Grep"]);
  });
});

describe("tier profiles", () => {
  const executive = readFileSync(`${root}capabilities/executive.yaml`, "utf8");
  const validation = readFileSync(`${root}capabilities/validation.yaml`, "utf8");
  const text = readFileSync(`${root}capabilities/implementation.yaml`, "utf8");
  it.each(profiles)("%s is valid and within its tier", (name) => {
    const parsed = parseTierProfile(readFileSync(`${root}capabilities/${name}`, "utf8"), name);
    expect(parsed.ok ? "" : parsed.error).toBe("");
    if (parsed.ok)
      expect(parsed.value.tools.filter((tool) => !TIER_TOOLS[parsed.value.tier].includes(tool))).toEqual([]);
  });
  it.each([
    ["a looser complexity", text.replace("maxComplexity: 8", "maxComplexity: 9"), "maxComplexity"],
    ["a longer function", text.replace("maxFunctionLines: 60", "maxFunctionLines: 61"), "maxFunctionLines"],
    ["a later alert", executive.replace("planDeviationAlert: 0.15", "planDeviationAlert: 0.2"), "planDeviationAlert"],
    ["a rarer review", executive.replace("reviewEvery: 1h", "reviewEvery: 2h"), "at most 1h"],
    [
      "a review that is no duration",
      executive.replace("reviewEvery: 1h", "reviewEvery: often"),
      "reviewEvery a duration is",
    ],
    ["less coverage", validation.replace("minLineCoverage: 0.95", "minLineCoverage: 0.9"), "minLineCoverage"],
    [
      "untested functions",
      validation.replace("maxUntestedFunctions: 0", "maxUntestedFunctions: 1"),
      "maxUntestedFunctions",
    ],
    ["no documentation", validation.replace("requireDocs: true", "requireDocs: false"), "requireDocs"],
    ["deletes", text.replace("deletes: never", "deletes: always"), "deletes"],
    ["an anchor", text.replace("model: sonnet", "model: &m sonnet"), "p.yaml:3:"],
    ["another folder", text.replace("by task", "**"), "writes"],
    ["an unknown tool", text.replace("- Read", "- Teleport"), "Teleport"],
    ["a tool of worknode's own", text.replace("- Read", "- task.merge"), "task.merge"],
    ["an unknown key", `${text}extra: 1\n`, "extra"],
  ])("with %s are refused", (_, broken, reason) => {
    const parsed = parseTierProfile(broken, "p.yaml");
    expect(parsed.ok ? "" : parsed.error).toContain(reason);
  });
});
