import { z } from "zod";
import { err, ok, type Result } from "../kernel/result.js";
import { type Runtime, runtimeSchema } from "../schema/runtime.js";
import { type Tier, tierSchema } from "../schema/tier.js";
import { parseYaml } from "./document.js";
import { formatFault } from "./plan-fault.js";

/** An agent file: Claude Code's front matter, ours under `worknode:`, the body as system prompt. */
export interface AgentFile {
  readonly name: string;
  readonly description: string;
  readonly model?: string | undefined;
  readonly tools: string[];
  readonly tier: Tier;
  readonly memoryBudget?: number | undefined;
  readonly runtime?: Runtime | undefined;
  readonly prompt: string;
}

const frontSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  model: z.string().optional(),
  tools: z.union([z.string(), z.array(z.string())]).optional(),
  worknode: z.strictObject({
    tier: tierSchema,
    memoryBudget: z.int().positive().optional(),
    runtime: runtimeSchema.optional(),
  }),
});

/** Reads an agent file; the error names the file and what is wrong. */
export function parseAgentFile(text: string, path: string): Result<AgentFile, string> {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text);
  if (match === null) return err(`${path}: an agent file begins with front matter between --- lines`);
  const data = readYaml(`\n${match[1] ?? ""}`, path);
  if (!data.ok) return data;
  const front = frontSchema.safeParse(data.value);
  if (!front.success) return err(`${path}: ${describeIssues(front.error.issues)}`);
  const { tools, worknode, ...rest } = front.data;
  const prompt = (match[2] ?? "").trim();
  if (prompt === "") return err(`${path}: the system prompt is empty`);
  return ok({ ...rest, ...worknode, tools: toolList(tools), prompt });
}

/** Tools as Claude Code writes them: a list, or names between commas. */
function toolList(tools: string | readonly string[] = []): string[] {
  const names = typeof tools === "string" ? tools.split(",").map((tool) => tool.trim()) : [...tools];
  return names.filter((tool) => tool !== "");
}

/** YAML as plain data, without aliases, anchors and repeated keys; the error names file, line and column. */
export function readYaml(text: string, path: string): Result<unknown, string> {
  const { data, faults } = parseYaml(text);
  const fault = faults[0];
  return fault === undefined ? ok(data) : err(formatFault(path, fault));
}

/** What is wrong with data, member by member. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  return issues.map((issue) => `${issue.path.join(".")} ${issue.message.replace(/^[a-z-]+\|/, "")}`).join("; ");
}
