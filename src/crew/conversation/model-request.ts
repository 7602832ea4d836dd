import { z } from "zod";
import type { ModelRequest } from "../../model/request.js";
import type { ToolDefinition } from "../../schema/message.js";
import { isToolName, toolDescriptions, toolInputSchemas } from "../../schema/tool.js";
import type { CrewAgent } from "../state/context.js";
import type { Conversation } from "./conversation.js";

/** Thinking and answer of one reply (tokens). */
const MAX_REPLY_TOKENS = 16_000;

/** The next request of a conversation. */
export function requestOf(agent: CrewAgent, conversation: Conversation): ModelRequest {
  return {
    model: conversation.model,
    system: conversation.system,
    tools: conversation.tools.map(definitionOf),
    messages: conversation.messages,
    maxTokens: Math.min(MAX_REPLY_TOKENS, agent.memoryTokens),
  };
}

const definitions = new Map<string, ToolDefinition>();

/** What the model is told of a tool. JSON Schema is made once for each. */
function definitionOf(name: string): ToolDefinition {
  const known = definitions.get(name);
  if (known !== undefined) return known;
  if (!isToolName(name)) throw new Error(`no tool ${name}`);
  const { $schema: _, ...input_schema } = z.toJSONSchema(toolInputSchemas[name], { io: "input" }) as Record<
    string,
    unknown
  >;
  const made = { name, description: toolDescriptions[name], input_schema };
  definitions.set(name, made);
  return made;
}
