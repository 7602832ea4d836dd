import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { assert } from "../../kernel/assert.js";
import { clientAnswerSchemas } from "../../schema/client-answer.js";
import { READING_TOOLS, type ToolName, toolDescriptions, toolInputSchemas } from "../../schema/tool.js";

/** Tools that record something and, called twice with the same input, change no more than once. */
const REPEATABLE: ReadonlySet<ToolName> = new Set<ToolName>([
  "claim_task",
  "update_self",
  "create_trigger",
  "pm_assign",
  "pm_set_deadline",
]);

/** JSON Schema of a tool's answer. */
function answerSchema(name: ToolName): NonNullable<Tool["outputSchema"]> {
  const schema = (clientAnswerSchemas as Partial<Record<ToolName, z.ZodType>>)[name];
  assert(schema !== undefined, `${name} has a schema of its answer`);
  return z.toJSONSchema(schema, { io: "output" }) as NonNullable<Tool["outputSchema"]>;
}

/** Tools as clients list them: JSON Schemas of the very input the gate checks, annotations, and those of what they answer. */
export function describeTools(names: readonly ToolName[]): Tool[] {
  return [...names].sort().map((name) => ({
    name,
    title: name.replaceAll("_", " "),
    description: toolDescriptions[name],
    inputSchema: z.toJSONSchema(toolInputSchemas[name], { io: "input" }) as Tool["inputSchema"],
    outputSchema: answerSchema(name),
    annotations: {
      readOnlyHint: READING_TOOLS.has(name),
      idempotentHint: READING_TOOLS.has(name) || REPEATABLE.has(name),
      destructiveHint: false,
      openWorldHint: name === "run",
    },
  }));
}
