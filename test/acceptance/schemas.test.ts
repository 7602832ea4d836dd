import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { checkReportSchema } from "../../src/schema/check-report.js";
import { eventLineSchema } from "../../src/schema/event.js";
import { measureReportSchema } from "../../src/schema/measure-report.js";
import { runReportSchema } from "../../src/schema/run-report.js";
import { statusReportSchema } from "../../src/schema/status-report.js";
import { toolReportSchema } from "../../src/schema/tool-report.js";
import { violationReportSchema } from "../../src/schema/violation-report.js";
import { makeRepo, type Repo, scripted } from "../scenario/harness.js";
import { scriptOf, submit, use, write } from "../scenario/scripted-run.js";
import { worknode } from "./program.js";

const FOLDER = fileURLToPath(new URL("../../schemas/", import.meta.url));

/** What each verb prints as JSON, by the name its JSON Schema is published under. */
const PUBLISHED: Readonly<Record<string, z.ZodType>> = {
  check: checkReportSchema,
  event: eventLineSchema,
  measure: measureReportSchema,
  run: runReportSchema,
  status: statusReportSchema,
  tool: toolReportSchema,
  violations: violationReportSchema,
};

describe("published schemas", () => {
  it.each(Object.entries(PUBLISHED))(
    "schemas/%s.schema.json is current (UPDATE_SCHEMA=1 writes it anew)",
    (name, schema) => {
      const text = `${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`;
      if (process.env["UPDATE_SCHEMA"] === "1") {
        mkdirSync(FOLDER, { recursive: true });
        writeFileSync(`${FOLDER}${name}.schema.json`, text);
      }
      expect(readFileSync(`${FOLDER}${name}.schema.json`, "utf8")).toBe(text);
    },
  );

  it("are all there is in their folder", () => {
    expect(readdirSync(FOLDER).toSorted()).toEqual(Object.keys(PUBLISHED).map((name) => `${name}.schema.json`));
  });
});

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: shown
title: Shown
phases:
  - id: build
    tasks:
      - { id: A, title: Note, owner: implementer, files: { write: [A.md] } }
      - { id: B, title: Wait, owner: implementer, files: { write: [B.md] } }
`;

describe("what is printed", () => {
  let repo: Repo;
  let ran: string;

  beforeAll(async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN, "a.ts": "export const a = () => 1;\n" });
    const server = await scripted(
      repo,
      scriptOf({
        "A:work:1": [write("README.md"), write("A.md"), submit],
        "B:work:1": [use("report_blocker", { reason: "stuck" })],
        "B:escalation:1": [use("resolve_escalation", { action: "block", reason: "a person" })],
      }),
    );
    ran = (await worknode(repo, "run", "plan.yaml", "--yes", "--output-format", "stream-json")).out;
    await server.close();
  });
  afterAll(() => repo.remove());

  /** Everything printed is in its schema, and nothing else. */
  const expectFit = (name: string, text: string): void => {
    const value: unknown = JSON.parse(text);
    expect((PUBLISHED[name] as z.ZodType).parse(value)).toEqual(value);
  };
  const call = (tool: string, input: object, ...more: string[]) =>
    worknode(
      repo,
      "tool",
      tool,
      JSON.stringify(input),
      "--plan",
      "plan.yaml",
      "--task",
      "A",
      "--output-format",
      "json",
      ...more,
    );

  it("by run fits: every event, and the result last", () => {
    const lines = ran.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines.slice(0, -1)) expectFit("event", line);
    expectFit("run", lines.at(-1) ?? "");
  });

  it("by status fits, with tasks, agents, costs and what waits, and where there is no such cycle", async () => {
    const { out } = await worknode(repo, "status", "--output-format", "json");
    expectFit("status", out);
    const report = statusReportSchema.parse(JSON.parse(out));
    for (const list of ["tasks", "agents", "usage", "approvals", "escalations", "cycles"] as const)
      expect(report[list], list).not.toEqual([]);
    expectFit("status", (await worknode(repo, "status", "--cycle", "9", "--output-format", "json")).out);
  });

  it("has the same three formats for every verb, and says so of any other", async () => {
    expectFit("status", (await worknode(repo, "status", "--output-format", "stream-json")).out);
    for (const line of (await worknode(repo, "log", "--output-format", "json")).out.trimEnd().split("\n"))
      expectFit("event", line);
    expect(await worknode(repo, "status", "--output-format", "xml")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Allowed choices are text, json, stream-json."),
    });
  });

  it.each([
    { name: "kept", tool: "Write", input: { file_path: "A.md", content: "y\n" }, more: [], code: 0 },
    { name: "denied", tool: "Write", input: { file_path: "README.md", content: "y\n" }, more: [], code: 3 },
    { name: "of no form", tool: "Write", input: { file_path: 5 }, more: [], code: 3 },
    { name: "only tried", tool: "Write", input: { file_path: "A.md", content: "z\n" }, more: ["--dry-run"], code: 0 },
    { name: "that looks", tool: "Read", input: { file_path: "README.md" }, more: [], code: 0 },
    {
      name: "that runs a command",
      tool: "Bash",
      input: { command: "echo x > README.md; echo out; exit 3" },
      more: [],
      code: 3,
    },
    { name: "of an unknown tool", tool: "Frobnicate", input: {}, more: [], code: 3 },
  ])("by a tool call fits: one $name", async ({ tool, input, more, code }) => {
    const ended = await call(tool, input, ...more);
    expect(ended.err).toBe("");
    expectFit("tool", ended.out);
    expect(ended.code).toBe(code);
  });

  it("by check fits, with findings and without", async () => {
    const { out } = await worknode(repo, "check", "--all", "--mode", "enforce", "--format", "json");
    expectFit("check", out);
    writeFileSync(`${repo.dir}/dense.ts`, `export const d = (n: number) => ${"n && ".repeat(12)}n;\n`);
    repo.git("add", "dense.ts");
    const staged = await worknode(repo, "check", "--staged", "--mode", "enforce", "--format", "json");
    expectFit("check", staged.out);
    expect(checkReportSchema.parse(JSON.parse(staged.out))).toMatchObject({
      outcome: "failed",
      exit_code: staged.code,
    });
    repo.git("rm", "-q", "--cached", "dense.ts");
  });

  it("by measure, violations and log fits", async () => {
    expectFit("measure", (await worknode(repo, "measure", "a.ts", "--format", "json")).out);
    expectFit("violations", (await worknode(repo, "violations", "--output-format", "json")).out);
    for (const line of (await worknode(repo, "log", "--json")).out.trimEnd().split("\n")) expectFit("event", line);
  });
});
