import { parse } from "yaml";
import { z } from "zod";
import { messageOf } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type Tier, tierSchema } from "../schema/tier.js";

/** An agent file: Claude Code's front matter, ours under `worknode:`, the body as system prompt. */
export interface AgentFile {
  readonly name: string;
  readonly description: string;
  readonly model?: string | undefined;
  readonly tools: string[];
  readonly tier: Tier;
  readonly memoryBudget?: number | undefined;
  readonly prompt: string;
}

const frontSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  model: z.string().optional(),
  tools: z.union([z.string(), z.array(z.string())]).optional(),
  worknode: z.strictObject({ tier: tierSchema, memoryBudget: z.int().positive().optional() }),
});

/** Reads an agent file; the error names the file and what is wrong. */
export function parseAgentFile(text: string, path: string): Result<AgentFile, string> {
  const match = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text);
  if (match === null) return err(`${path}: an agent file begins with front matter between --- lines`);
  let data: unknown;
  try {
    data = parse(match[1] ?? "");
  } catch (thrown) {
    return err(`${path}: ${messageOf(thrown)}`);
  }
  const front = frontSchema.safeParse(data);
  if (!front.success) return err(`${path}: ${front.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ")}`);
  const { tools, worknode, ...rest } = front.data;
  const prompt = (match[2] ?? "").trim();
  if (prompt === "") return err(`${path}: the system prompt is empty`);
  const list = typeof tools === "string" ? tools.split(",").map((tool) => tool.trim()) : (tools ?? []);
  return ok({ ...rest, ...worknode, tools: list.filter((tool) => tool !== ""), prompt });
}
