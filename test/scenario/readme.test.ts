import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";

const readText = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const README = readText("README.md");
const blocks = (language: string): string[] =>
  [...README.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter((hit) => hit[1] === language).map((hit) => hit[2] ?? "");

const SCRIPT = `apiVersion: worknode/v1
kind: Script
replies:
  "N-1:work:1":
    - tools: [{ name: Glob, input: { pattern: "**" } }]
    - tools: [{ name: Write, input: { file_path: docs/overview.md, content: "# What this is for\\n" } }]
    - tools: [{ name: submit_result, input: { summary: described it } }]
defaults:
  plan-review:
    - tools: [{ name: submit_plan_review, input: { decision: ACCEPT, risks: [] } }]
  critic:
    - tools: [{ name: submit_verdict, input: { decision: ACCEPT } }]
`;

let repo: Repo | undefined;
afterEach(() => repo?.remove());

describe("the README", () => {
  it("holds a plan of ten lines that lints and runs to its end", async () => {
    const plan = blocks("yaml")[0] ?? "";
    expect(plan.trimEnd().split("\n")).toHaveLength(10);
    repo = makeRepo({ "README.md": "# mine\n", "plan.yaml": plan });
    const server = await scripted(repo, SCRIPT);
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    expect(await runCommandLine(context, ["plan", "lint", "plan.yaml"]), context.printed()).toBe(0);
    const code = await runCommandLine(context, ["run", "plan.yaml", "--yes"]);
    await server.close();
    expect(code, context.printed() + context.complained()).toBe(0);
    expect(repo.git("show", "worknode/notes/1:docs/overview.md")).toBe("# What this is for\n");
    expect(repo.git("log", "--format=%s", "main")).toBe("base\n");
  });

  it("names the two commands as they are typed", () => {
    expect(README).toContain("npm ci && npm run demo");
    expect(README).toContain("npm ci && npm test");
  });

  it("says plainly that the hosted API has not been tried from the tests", () => {
    expect(README.replace(/\s+/g, " ")).toContain(
      "No run against the hosted API has been made from this repository's tests",
    );
  });

  it("names every exit code and every check of the gate", () => {
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 130]) expect(README).toMatch(new RegExp(`^\\| ${code} \\|`, "m"));
    for (const check of ["schema", "capability", "plan", "limits", "budget", "policy", "risk", "review"])
      expect(README).toContain(`\`${check}\``);
  });

  it("names no verb that does not exist, and leads to files that do", () => {
    const verbs = new Set([...README.matchAll(/`worknode ([a-z]+)/g)].map((hit) => hit[1]));
    const context = makeContext();
    return runCommandLine(context, ["help", "--all"]).then(() => {
      for (const verb of verbs) expect(context.printed()).toMatch(new RegExp(`^ {2}${verb} `, "m"));
      for (const link of README.matchAll(/\]\(((?!https?:)[^)#]+)\)/g))
        if (link[1] !== "docs/adr") expect(readText(link[1] ?? "").length).toBeGreaterThan(0);
    });
  });
});

describe("the other documents", () => {
  it("the licence is Apache-2.0 in full", () => {
    const text = readText("LICENSE");
    expect(text).toContain("Apache License\n                           Version 2.0, January 2004");
    expect(text).toContain("END OF TERMS AND CONDITIONS");
    expect(text).toContain("APPENDIX: How to apply the Apache License to your work.");
    expect(JSON.parse(readText("package.json"))).toMatchObject({ license: "Apache-2.0" });
  });

  it(".env.example names every setting the client reads", () => {
    const example = readText(".env.example");
    for (const name of [
      "ANTHROPIC_API_KEY",
      "ANTHROPIC_BASE_URL",
      "WORKNODE_MODEL_PROFILE",
      "WORKNODE_PRICES",
      "ANTHROPIC_DEFAULT_OPUS_MODEL",
      "WORKNODE_SANDBOX",
    ])
      expect(example).toContain(name);
    expect(example).not.toMatch(/^ANTHROPIC_API_KEY=\S/m);
  });
});
